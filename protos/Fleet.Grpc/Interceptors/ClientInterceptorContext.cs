using System.Runtime.InteropServices;

namespace Grpc.Core.Interceptors;

/// <summary>The call an interceptor of a client sees.</summary>
[StructLayout(LayoutKind.Auto)]
public struct ClientInterceptorContext<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    /// <summary>A call of <paramref name="method"/>.</summary>
    public ClientInterceptorContext(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        Method = method;
        Host = host;
        Options = options;
    }

    /// <summary>The method.</summary>
    public Method<TRequest, TResponse> Method { get; }

    /// <summary>The authority, null = the channel's.</summary>
    public string? Host { get; }

    /// <summary>What the call is made with.</summary>
    public CallOptions Options { get; }
}
