using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>Asks call credentials for their headers.</summary>
internal sealed class CallCredentialsReader : CallCredentialsConfiguratorBase
{
    private readonly List<AsyncAuthInterceptor> _interceptors = [];

    public static async Task ReadAsync(IEnumerable<CallCredentials> credentials, AuthInterceptorContext context, Metadata headers)
    {
        var reader = new CallCredentialsReader();
        foreach (var part in credentials)
        {
            part.InternalPopulateConfiguration(reader, null);
        }

        foreach (var interceptor in reader._interceptors)
        {
            await interceptor(context, headers);
        }
    }

    public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
    {
        foreach (var part in credentials)
        {
            part.InternalPopulateConfiguration(this, state);
        }
    }

    public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) => _interceptors.Add(interceptor);
}
