using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.Cli.Output;
using Fleet.Contracts;
using Fleet.V1;
using Command = System.CommandLine.Command;

namespace Fleet.Cli.Proofs;

/// <summary><c>posctl proof …</c></summary>
public static class ProofCommands
{
    /// <summary>Builds the command.</summary>
    public static Command Build(SharedOptions shared, Surroundings around)
    {
        var command = new Command("proof", "Closing proofs: that a batch is closed and its terminal locked.");
        var runner = new Runner(shared, around);
        command.Subcommands.Add(Get(runner, around));
        command.Subcommands.Add(Verify(runner, around));
        return command;
    }

    private static Command Get(Runner runner, Surroundings around)
    {
        var id = Arguments.Command();
        var file = new Option<string>("--out") { Description = "Keeps the signed statement in this file, for verify.", HelpName = "FILE" };
        var command = new Command("get", "Fetches the closing proof of a finished settle-and-lock or retire.") { id, file };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var request = new GetClosingProofRequest { Name = Names.Command(parsed.GetValue(id)!) };
            var proof = await session.Commands.GetClosingProofAsync(request, cancellationToken: cancellationToken);
            if (parsed.GetValue(file) is { } path)
            {
                await File.WriteAllBytesAsync(Path.Combine(around.CurrentFolder, path), proof.SignedProof.ToByteArray(), cancellationToken);
            }

            printer.Document(proof, proof.Text);
            return ExitCode.Done;
        });
    }

    private static Command Verify(Runner runner, Surroundings around)
    {
        var file = new Argument<string>("file") { Description = "File that 'proof get --out' wrote." };
        var key = new Option<string>("--key") { Description = "Public proof key of the server, PEM or DER (its proof.pub.pem). With it no server is asked.", HelpName = "FILE" };
        var serverKey = new Option<bool>("--server-key") { Description = "Asks the server for its key. Proves nothing against the server itself." };
        var command = new Command("verify", "Checks a closing proof and prints what it says. Exit code 0 only if the signature fits.") { file, key, serverKey };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = Path.Combine(around.CurrentFolder, parsed.GetValue(file)!);
            var proof = SignedProof.Read(await File.ReadAllBytesAsync(path, cancellationToken), path);
            var publicKey = parsed.GetValue(serverKey)
                ? await AskAsync(runner, parsed, proof, cancellationToken)
                : ProofKey.Read(KeyFile(parsed.GetValue(key), runner.Hints(parsed), around));
            if (!proof.IsSignedBy(publicKey))
            {
                throw new OutcomeException($"{path} is NOT valid: no signature of key {Signing.KeyId(publicKey)} fits. Do not rely on anything it says.");
            }

            runner.Printer(parsed).Document(proof.Statement, $"VALID, signed by key {Signing.KeyId(publicKey)}{Environment.NewLine}{proof.Text}");
            return ExitCode.Done;
        });
        return command;
    }

    private static string KeyFile(string? named, ConnectionHints hints, Surroundings around)
    {
        if (named is not null)
        {
            return Path.Combine(around.CurrentFolder, named);
        }

        return hints.Data is { } data
            ? Path.Combine(around.CurrentFolder, data, "proof.pub.pem")
            : throw new UsageException("No key: give --key FILE (the server's proof.pub.pem), --data DIR, or --server-key.");
    }

    private static async Task<byte[]> AskAsync(Runner runner, ParseResult parsed, SignedProof proof, CancellationToken cancellationToken)
    {
        using var session = runner.Open(parsed);
        var request = new GetClosingProofRequest { Name = Names.Command(proof.Statement.CommandId) };
        return (await session.Commands.GetClosingProofAsync(request, cancellationToken: cancellationToken)).PublicKey.ToByteArray();
    }
}
