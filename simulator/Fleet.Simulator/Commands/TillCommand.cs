using System.CommandLine;
using System.Globalization;
using System.Net;
using Fleet.Serial;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;

namespace Fleet.Simulator.Commands;

/// <summary><c>terminal-sim till</c>.</summary>
internal static class TillCommand
{
    private static readonly Option<IPEndPoint?> Agent = Checks.Option<IPEndPoint>("--agent", "Agent or terminal that speaks ZVT over TCP. Default 127.0.0.1:20007.", ReadEndPoint);

    private static readonly Option<SerialAddress?> Serial = Checks.Option<SerialAddress>(
        "--serial", "Serial line of a terminal, in place of --agent.", Checks.Serial);

    private static readonly Option<string?> Name = new("--name") { Description = "Name in its events. Default till." };

    private static readonly Option<int?> Count = Checks.Option("--count", "Payments to make. Default: until stopped.", Checks.Number(1, int.MaxValue));

    private static readonly Option<TimeSpan?> Pace = Checks.Option<TimeSpan?>("--pace", "Seconds between two payments. Default 0.5.", Checks.Seconds);

    private static readonly Option<int?> Seed = Checks.Option("--seed", "Seed of amounts and kinds. Default 1.", Checks.Number(0, int.MaxValue));

    private static readonly Option<int?> From = Checks.Option("--from", "Smallest amount in minor units. Default 100.", Checks.Number(1, 99_999_999));

    private static readonly Option<int?> Through = Checks.Option("--through", "Largest amount in minor units. Default 9999.", Checks.Number(1, 99_999_999));

    private static readonly Option<double?> Refunds = Checks.Option<double?>("--refunds", "Share of refunds, 0 to 1. Default 0.", Checks.Share);

    private static readonly Option<double?> Reversals = Checks.Option<double?>("--reversals", "Share of sales taken back at once, 0 to 1. Default 0.", Checks.Share);

    private static readonly Option<bool> MessageIds = new("--message-ids") { Description = "Offer message ids (TLV 1F73) in the registration." };

    private static readonly Option<string?> Books = new("--books") { Description = "File of its books: what it believes survives a restart." };

    public static Command Create()
    {
        var command = new Command("till", "A till that sells over ZVT/TCP. Prints every payment as a line of JSON and, at the end, what it believes.")
        {
            Agent, Serial, Name, Count, Pace, Seed, From, Through, Refunds, Reversals, MessageIds, Books,
        };
        command.Validators.Add(static result =>
        {
            if (result.GetValue(From) is { } from && result.GetValue(Through) is { } through && through < from)
            {
                result.AddError("--through must not be smaller than --from.");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var events = new EventWriter(Console.Out);
        var agent = parsed.GetValue(Agent) ?? new IPEndPoint(IPAddress.Loopback, 20007);
        var from = parsed.GetValue(From) ?? 100;
        var options = new TillOptions
        {
            Name = parsed.GetValue(Name) ?? "till",
            Host = agent.Address.ToString(),
            Port = agent.Port,
            Serial = parsed.GetValue(Serial),
            Count = parsed.GetValue(Count),
            Pace = parsed.GetValue(Pace) ?? TimeSpan.FromMilliseconds(500),
            Seed = parsed.GetValue(Seed) ?? 1,
            From = from,
            Through = parsed.GetValue(Through) ?? Math.Max(from, 9_999),
            RefundShare = parsed.GetValue(Refunds) ?? 0,
            ReversalShare = parsed.GetValue(Reversals) ?? 0,
            MessageIds = parsed.GetValue(MessageIds),
            BooksFile = parsed.GetValue(Books),
            Observer = events.Write,
        };
        await using var till = new SimulatedTill(options);
        await till.RunAsync(cancellationToken, CancellationToken.None);
        events.Write(new SimulatorEvent(TimeProvider.System.GetUtcNow(), "books", new
        {
            till = options.Name,
            till.Books.Approved.Count,
            till.Books.Approved.Sum,
            declined = till.Books.Count(TillOutcome.Declined),
            unknown = till.Books.Count(TillOutcome.Unknown),
        }));
        return ExitCode.Ok;
    }

    private static bool ReadEndPoint(string text, out IPEndPoint? endPoint, out string? error)
    {
        var full = text.Contains(':', StringComparison.Ordinal) ? text.Replace("localhost", "127.0.0.1", StringComparison.Ordinal) : "127.0.0.1:" + text;
        var colon = full.LastIndexOf(':');
        var good = IPAddress.TryParse(full[..colon], out var address)
            & (int.TryParse(full.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536);
        endPoint = good ? new IPEndPoint(address!, port) : null;
        error = good ? null : $"'{text}' is not ADDRESS:PORT, for example 127.0.0.1:20007";
        return good;
    }
}
