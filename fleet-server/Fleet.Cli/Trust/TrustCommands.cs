using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Hosting;
using Fleet.Cli.Keys;
using Fleet.Cli.Output;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.V1;
using Google.Protobuf;
using Role = Fleet.Contracts.Link.V1.TrustedKey.Types.Role;

namespace Fleet.Cli.Trust;

/// <summary><c>posctl trust …</c>: whom the agents believe. Drafted with the server, signed without it, put in force by it.</summary>
public static class TrustCommands
{
    /// <summary>Builds the command.</summary>
    public static System.CommandLine.Command Build(SharedOptions shared, Surroundings around)
    {
        var command = new System.CommandLine.Command("trust", "Whom the fleet's agents believe: server keys, approvers, roots, and which commands need approvals.");
        var runner = new Runner(shared, around);
        command.Subcommands.Add(Show(runner));
        command.Subcommands.Add(Draft(runner, around));
        command.Subcommands.Add(Sign(around));
        command.Subcommands.Add(Publish(runner, around));
        return command;
    }

    private static System.CommandLine.Command Show(Runner runner) => runner.Attach(
        new System.CommandLine.Command("show", "Shows the bundle in force."),
        async (_, session, printer, cancellationToken) =>
        {
            var answer = await session.Trust.GetTrustBundleAsync(new GetTrustBundleRequest(), cancellationToken: cancellationToken);
            var bundle = TrustBundle.Parser.ParseFrom(answer.TrustBundle);
            printer.Document(bundle, BundleText.Of(bundle) + (answer.Publisher.Length == 0 ? string.Empty : $"\npublished by {answer.Publisher}, {Words.Of(answer.PublishTime)}"));
            return ExitCode.Done;
        });

    private static System.CommandLine.Command Draft(Runner runner, Surroundings around)
    {
        var file = FileOption("--out", "File for the draft.");
        var roots = Many("--root", "NAME=FILE", "Adds a root: its owner and public key.");
        var approvers = Many("--approver", "NAME=FILE", "Adds an approver: operator name and public key.");
        var removed = Many("--remove", "KEY-ID", "Removes a key.");
        var rules = Many("--require", "KIND=N", "Approvals a kind needs, for example retire=2; 0 lifts it.");
        var advised = new Option<bool>("--require-advised") { Description = "The advised rules: retire 2; disable, settle-and-lock and apply-configuration 1." };
        var threshold = new Option<int?>("--root-threshold") { Description = "Roots that must sign the next bundle.", HelpName = "N" };
        var command = new System.CommandLine.Command("draft", "Writes a successor of the bundle in force, to be signed by its roots.") { file, roots, approvers, removed, rules, advised, threshold };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var answer = await session.Trust.GetTrustBundleAsync(new GetTrustBundleRequest(), cancellationToken: cancellationToken);
            var draft = new BundleDraft(TrustBundle.Parser.ParseFrom(answer.TrustBundle));
            foreach (var id in parsed.GetValue(removed) ?? [])
            {
                draft.Remove(id);
            }

            foreach (var pair in parsed.GetValue(roots) ?? [])
            {
                draft.Add(Role.Root, "--root", pair, around.CurrentFolder);
            }

            foreach (var pair in parsed.GetValue(approvers) ?? [])
            {
                draft.Add(Role.Approver, "--approver", pair, around.CurrentFolder);
            }

            if (parsed.GetValue(advised))
            {
                draft.RequireAdvised();
            }

            foreach (var rule in parsed.GetValue(rules) ?? [])
            {
                draft.Require(rule);
            }

            var bundle = draft.Threshold(parsed.GetValue(threshold)).Finish();
            var path = Path.Combine(around.CurrentFolder, parsed.GetValue(file)!);
            await File.WriteAllBytesAsync(path, new SignedEnvelope { Payload = bundle.ToByteString() }.ToByteArray(), cancellationToken);
            printer.Document(bundle, $"{BundleText.Of(bundle)}\n\nIn {path}. Next: each root signs it (posctl trust sign), then posctl trust publish.");
            return ExitCode.Done;
        });
    }

    private static System.CommandLine.Command Sign(Surroundings around)
    {
        var file = new Argument<string>("file") { Description = "Draft, perhaps with signatures of others." };
        var (key, passphrase) = (KeyCommands.KeyOption(), KeyCommands.PassphraseOption());
        var command = new System.CommandLine.Command("sign", "Adds a root's signature to a draft and prints what was signed. No server is asked.") { file, key, passphrase };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = Path.Combine(around.CurrentFolder, parsed.GetValue(file)!);
            var (envelope, bundle) = Read(path);
            using var own = KeyCommands.Open(around, parsed.GetValue(key)!, parsed.GetValue(passphrase));
            var signature = own.Sign(SigningDomain.Trust, envelope.Payload.Span);
            if (envelope.Signatures.FirstOrDefault(s => s.KeyId == signature.KeyId) is { } before)
            {
                envelope.Signatures.Remove(before);
            }

            envelope.Signatures.Add(signature);
            await File.WriteAllBytesAsync(path + ".new", envelope.ToByteArray(), cancellationToken);
            File.Move(path + ".new", path, overwrite: true);
            await around.Out.WriteLineAsync($"{BundleText.Of(bundle)}\n\nSigned with key {own.Id}; {envelope.Signatures.Count} signatures.");
            return ExitCode.Done;
        });
        return command;
    }

    private static System.CommandLine.Command Publish(Runner runner, Surroundings around)
    {
        var file = new Argument<string>("file") { Description = "Signed draft." };
        var command = new System.CommandLine.Command("publish", "Puts a signed bundle in force. Agents get it at once or at their next contact, and check it themselves.") { file };
        return runner.Attach(command, async (parsed, session, printer, cancellationToken) =>
        {
            var (envelope, bundle) = Read(Path.Combine(around.CurrentFolder, parsed.GetValue(file)!));
            await session.Trust.PublishTrustBundleAsync(new PublishTrustBundleRequest { SignedBundle = envelope.ToByteString() }, cancellationToken: cancellationToken);
            printer.Document(bundle, $"{BundleText.Of(bundle)}\n\nIn force.");
            return ExitCode.Done;
        });
    }

    private static (SignedEnvelope Envelope, TrustBundle Bundle) Read(string path)
    {
        try
        {
            var envelope = SignedEnvelope.Parser.ParseFrom(File.ReadAllBytes(path));
            return (envelope, TrustBundle.Parser.ParseFrom(envelope.Payload));
        }
        catch (InvalidProtocolBufferException)
        {
            throw new UsageException($"{path} holds no trust bundle.");
        }
    }

    private static Option<string> FileOption(string name, string description) => new(name) { Description = description, HelpName = "FILE", Required = true };

    private static Option<string[]> Many(string name, string value, string description) => new(name) { Description = description + " May be repeated.", HelpName = value };
}
