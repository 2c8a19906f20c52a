using System.CommandLine;
using Fleet.Cli.Hosting;
using Fleet.Cli.Proofs;
using Fleet.Contracts;

namespace Fleet.Cli.Keys;

/// <summary><c>posctl keys …</c></summary>
public static class KeyCommands
{
    /// <summary>Builds the command.</summary>
    public static Command Build(Surroundings around)
    {
        var command = new Command("keys", "Keys of people: approvers of commands and roots of the fleet's trust. No server is asked.");
        command.Subcommands.Add(Create(around));
        command.Subcommands.Add(Show(around));
        return command;
    }

    /// <summary>The key file of a signing command.</summary>
    public static Option<string> KeyOption() => new("--key", "-k") { Description = "Private key that 'keys create' made.", HelpName = "FILE", Required = true };

    /// <summary>The passphrase of a key file.</summary>
    public static Option<string?> PassphraseOption() => new("--passphrase-file") { Description = "File whose first line is the passphrase of the key.", HelpName = "FILE" };

    /// <summary>Opens the key that the command line names.</summary>
    public static OperatorKey Open(Surroundings around, string key, string? passphraseFile) =>
        OperatorKey.Load(Path.Combine(around.CurrentFolder, key), Passphrase(around, passphraseFile));

    private static Command Create(Surroundings around)
    {
        var file = new Argument<string>("file") { Description = "File for the private key; the public half goes to FILE.pub." };
        var passphrase = PassphraseOption();
        var command = new Command("create", "Makes a key. The private file stays with its owner; hand FILE.pub to whoever drafts the trust bundle.") { file, passphrase };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = Path.Combine(around.CurrentFolder, parsed.GetValue(file)!);
            using var key = OperatorKey.Create(path, Passphrase(around, parsed.GetValue(passphrase)));
            await around.Out.WriteLineAsync($"Key {key.Id}\n  private: {path} (keep it, and a copy in a safe)\n  public:  {path}.pub");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Show(Surroundings around)
    {
        var file = new Argument<string>("file") { Description = "Public key, PEM or DER." };
        var command = new Command("show", "Prints the id of a public key, to be compared over another way.") { file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            await around.Out.WriteLineAsync(Signing.KeyId(ProofKey.Read(Path.Combine(around.CurrentFolder, parsed.GetValue(file)!))));
            return ExitCode.Done;
        });
        return command;
    }

    private static string? Passphrase(Surroundings around, string? file)
    {
        if (file is null)
        {
            return null;
        }

        var line = File.ReadLines(Path.Combine(around.CurrentFolder, file)).FirstOrDefault();
        return string.IsNullOrEmpty(line) ? throw new UsageException($"{file}: its first line is empty; a passphrase is needed there.") : line;
    }
}
