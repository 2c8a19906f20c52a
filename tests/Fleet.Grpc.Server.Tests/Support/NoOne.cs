using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fleet.Grpc.Server.Tests.Support;

/// <summary>An authentication that knows nobody.</summary>
internal sealed class NoOne(IOptionsMonitor<NoOne.Settings> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<NoOne.Settings>(options, loggers, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());

    /// <summary>It has none of its own.</summary>
    internal sealed class Settings : AuthenticationSchemeOptions;
}
