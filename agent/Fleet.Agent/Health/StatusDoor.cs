using System.Net.Sockets;
using System.Security.Cryptography;

namespace Fleet.Agent.Health;

/// <summary>A listening status port. Its file is gone when it closes.</summary>
internal sealed class StatusDoor(Socket listener, string file, byte[]? password) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Takes connections.</summary>
    public Socket Listener => listener;

    /// <summary>True when whoever connected may ask.</summary>
    public async Task<bool> AdmitsAsync(NetworkStream caller, CancellationToken cancellationToken)
    {
        if (password is null)
        {
            return true;
        }

        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var said = new byte[StatusPort.PasswordLength];
        try
        {
            await caller.ReadExactlyAsync(said, either.Token);
            return CryptographicOperations.FixedTimeEquals(said, password);
        }
        catch (Exception silent) when (silent is IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    public void Dispose()
    {
        listener.Dispose();
        File.Delete(file);
    }
}
