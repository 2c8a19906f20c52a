using System.CommandLine;
using Fleet.Cli.Commands;
using Fleet.Cli.Connection;
using Fleet.Cli.Keys;
using Fleet.Cli.Proofs;
using Fleet.Cli.Terminals;
using Fleet.Cli.Transactions;
using Fleet.Cli.Trust;
using Grpc.Core;

namespace Fleet.Cli.Hosting;

/// <summary>The command line as a whole.</summary>
public static class Posctl
{
    /// <summary>Runs one command line; the result is an <see cref="ExitCode"/>.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Surroundings around, CancellationToken cancellationToken)
    {
        var shared = new SharedOptions();
        var parsed = Build(shared, around).Parse(arguments);
        var configuration = new InvocationConfiguration { Output = around.Out, Error = around.Error, EnableDefaultExceptionHandler = false };
        try
        {
            var code = await parsed.InvokeAsync(configuration, cancellationToken);
            return parsed.Errors.Count > 0 ? ExitCode.Usage : code;
        }
        catch (UsageException e)
        {
            await around.Error.WriteLineAsync($"posctl: {e.Message}");
            return ExitCode.Usage;
        }
        catch (OutcomeException e)
        {
            await around.Error.WriteLineAsync($"posctl: {e.Message}");
            return ExitCode.Failed;
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            await around.Error.WriteAsync(FailureText.Of(e));
            return e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded ? ExitCode.Unreachable : ExitCode.Failed;
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            // Leaving a watch with Ctrl-C is its normal end.
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await around.Error.WriteLineAsync($"posctl: {e.Message}");
            return ExitCode.Failed;
        }
    }

    private static RootCommand Build(SharedOptions shared, Surroundings around)
    {
        var root = new RootCommand(
            "Operates a fleet of payment terminals through its server. On the server itself --data DIR finds address, token and root certificate; "
            + "elsewhere use --server, --token-file and --ca, or the variables POSCTL_SERVER, POSCTL_TOKEN_FILE, POSCTL_CA, POSCTL_DATA, or a configuration "
            + "file (POSCTL_CONFIG, else ~/.config/posctl/config.json: server, tokenFile, ca, data). "
            + "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 server not reachable.");
        shared.AddTo(root);
        root.Subcommands.Add(TerminalCommands.Build(shared, around));
        root.Subcommands.Add(CommandCommands.Build(shared, around));
        root.Subcommands.Add(TransactionCommands.Build(shared, around));
        root.Subcommands.Add(SettlementCommands.Build(shared, around));
        root.Subcommands.Add(AcquirerCommands.Build(shared, around));
        root.Subcommands.Add(ProofCommands.Build(shared, around));
        root.Subcommands.Add(KeyCommands.Build(around));
        root.Subcommands.Add(TrustCommands.Build(shared, around));
        var version = new Command("version", "Prints the version.");
        version.SetAction(_ => around.Out.WriteLine($"posctl {typeof(Posctl).Assembly.GetName().Version?.ToString(3)}"));
        root.Subcommands.Add(version);
        return root;
    }
}
