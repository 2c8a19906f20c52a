using System.Net.Http.Headers;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Adds the default headers of a client that nobody makes to requests that do not have them.</summary>
internal sealed class DefaultHeaders(HttpMessageHandler inner, HttpRequestHeaders headers) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        foreach (var (name, values) in headers.NonValidated)
        {
            if (!request.Headers.NonValidated.Contains(name))
            {
                request.Headers.TryAddWithoutValidation(name, values);
            }
        }

        return base.SendAsync(request, cancellationToken);
    }
}
