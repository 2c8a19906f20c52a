using Fleet.Cli.Hosting;
using Grpc.Core;

namespace Fleet.Cli.Connection;

/// <summary>Follows a watch over restarts of the server: goes on behind the last event that was told.</summary>
public sealed class Following(Surroundings around)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Runs until the server ends the watch or the person leaves.</summary>
    /// <param name="resumeToken">Where to begin; empty for the beginning that the watch has by itself.</param>
    /// <param name="open">Opens the watch behind a resume token.</param>
    /// <param name="tell">Tells an event and gives its resume token.</param>
    /// <param name="cancellationToken">The person leaves.</param>
    /// <exception cref="RpcException">It never stood, or was refused.</exception>
    public async Task RunAsync<T>(
        string resumeToken, Func<string, AsyncServerStreamingCall<T>> open, Func<T, string> tell, CancellationToken cancellationToken)
    {
        var last = resumeToken;
        var stood = false;
        var told = false;
        while (true)
        {
            try
            {
                using var call = open(last);
                await call.ResponseHeadersAsync;
                (stood, told) = (true, false);
                await foreach (var change in call.ResponseStream.ReadAllAsync(cancellationToken))
                {
                    last = tell(change);
                }

                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && stood && !cancellationToken.IsCancellationRequested)
            {
                if (!told)
                {
                    var gap = last.Length == 0 ? " What happens meanwhile is not told." : string.Empty;
                    await around.Error.WriteLineAsync($"posctl: the server went away; this goes on when it is back.{gap}");
                    told = true;
                }
            }

            await Task.Delay(Pause, around.Time, cancellationToken);
        }
    }
}
