namespace Grpc.Net.Client.Balancer;

/// <summary>Where a request goes, and who wants to hear how it went. The default is the way of a channel that balances nothing.</summary>
internal readonly struct Route(Subchannel subchannel, BalancerAddress address, ISubchannelCallTracker? tracker)
{
    /// <summary>Sends <paramref name="request"/> for <paramref name="uri"/> to the picked address.</summary>
    public void Lead(HttpRequestMessage request, Uri uri, string? host)
    {
        if (address is not null)
        {
            request.RequestUri = address.Target(uri);
            if (host is null && address.HostOverride is { } authority)
            {
                request.Headers.Host = authority;
            }
        }
    }

    public void Started() => tracker?.Start();

    /// <summary>There is a response.</summary>
    public void Answered()
    {
        subchannel?.Answered();
        tracker?.Complete(new CompletionContext { Address = address });
    }

    /// <summary>The request failed.</summary>
    /// <returns>True if it never left and another pick may lead elsewhere.</returns>
    public bool Failed(Exception failure)
    {
        tracker?.Complete(new CompletionContext { Address = address, Error = failure });
        if (subchannel is null || !GrpcChannel.IsConnectFailure(failure))
        {
            return false;
        }

        subchannel.Refused(address, failure);
        return true;
    }
}
