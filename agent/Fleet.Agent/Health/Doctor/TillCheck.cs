using System.Net;
using System.Net.Sockets;

namespace Fleet.Agent.Health.Doctor;

/// <summary>The endpoint for tills: the agent's when it runs, free when it does not.</summary>
internal sealed class TillCheck(IPEndPoint? endpoint, string dataDirectory) : IDoctorCheck
{
    public string Title => "Till endpoint";

    public async Task<Finding> LookAsync(CancellationToken cancellationToken)
    {
        if (endpoint is null || endpoint.Port == 0)
        {
            return Finding.Good("no fixed TCP endpoint is set");
        }

        var runs = await DoctorRun.IsRunningAsync(dataDirectory, cancellationToken);
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endpoint);
            return runs
                ? Finding.Bad($"the agent runs, but nobody listens at {endpoint}", "Restart the agent and read its log.")
                : Finding.Good($"{endpoint} is free for the agent");
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return runs
                ? Finding.Good($"tills connect to {endpoint}")
                : Finding.Bad($"another program listens at {endpoint}", "Stop that program, or set till.endpoint to another port and tell the till.");
        }
        catch (SocketException error)
        {
            return Finding.Bad($"{endpoint} cannot be used: {error.Message}", "Correct till.endpoint: an address of this computer.");
        }
    }
}
