using System.Text;
using Fleet.Server.Trust;

namespace Fleet.Server.Hosting;

/// <summary>What a start tells the person who started it, and the one line a script waits for.</summary>
public static class StartGuide
{
    /// <summary>The guide: long after a first start, three lines later.</summary>
    public static string Text(DataDirectory data, StartKind kind, Endpoints endpoints)
    {
        var text = new StringBuilder();
        text.AppendLine($"Fleet server {ProductVersion.Text}, data in {data.Root}. {Found(kind)}");
        text.AppendLine();
        text.AppendLine($"  operators   {endpoints.Operators.GetLeftPart(UriPartial.Authority)}   gRPC over TLS, operator token");
        if (endpoints.Plaintext is { } plaintext)
        {
            text.AppendLine($"  operators   {plaintext.GetLeftPart(UriPartial.Authority)}   gRPC without TLS, this machine only, operator token");
        }

        text.AppendLine($"  agents      {endpoints.Agents.GetLeftPart(UriPartial.Authority)}   MQTT 5 over mutual TLS");
        text.AppendLine($"  enrolment   {endpoints.Enrollment.GetLeftPart(UriPartial.Authority)}   HTTPS, one-time token");
        text.AppendLine();
        if (kind != StartKind.Later)
        {
            AppendNextSteps(text, data, endpoints);
        }

        return text.ToString();
    }

    /// <summary>Printed once every door is open: <c>READY</c> and the addresses.</summary>
    public static string ReadyLine(Endpoints endpoints) =>
        $"READY operators={Authority(endpoints.Operators)} agents={Authority(endpoints.Agents)} enrollment={Authority(endpoints.Enrollment)}";

    private static string Found(StartKind kind) => kind switch
    {
        StartKind.First => "First start: keys, certificates, database and an operator token were made.",
        StartKind.Finished => "An earlier first start had been cut short: what was missing was made, what was there was kept.",
        StartKind.Later => "Everything was there.",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such start"),
    };

    private static void AppendNextSteps(StringBuilder text, DataDirectory data, Endpoints endpoints)
    {
        var server = Authority(endpoints.Operators);
        text.AppendLine("Next, on this machine:");
        text.AppendLine($"  posctl --data {data.Root} terminals list");
        text.AppendLine($"  posctl --data {data.Root} terminals create lane1 --store \"Main Street\" --lane 1");
        text.AppendLine($"  posctl --data {data.Root} terminals enroll-token lane1");
        text.AppendLine("  The last one prints what to type at the terminal's computer.");
        text.AppendLine();
        text.AppendLine("The same with other people's tools:");
        text.AppendLine($"  export TOKEN=$(cat {data.OperatorToken})");
        text.AppendLine($"  buf curl --cacert {data.CaCertificate} -H \"Authorization: Bearer $TOKEN\" --reflect-header '*' --protocol grpc {server}/fleet.v1.Terminals/ListTerminals");
        text.AppendLine($"  grpcurl -cacert {data.CaCertificate} -H \"Authorization: Bearer $TOKEN\" {endpoints.Operators.Authority} fleet.v1.Terminals/ListTerminals");
        text.AppendLine();
        text.AppendLine("For other machines: --set Operators:Address=0.0.0.0, likewise Agents and Enrollment, and --set Tls:PublicHost=NAME.");
        text.AppendLine($"Operators elsewhere need {Path.GetFileName(data.CaCertificate)} and the token; keep the token secret. posctl finds them by --ca and --token-file.");
        text.AppendLine($"Back up {data.Root}: without its keys every terminal must be enrolled again.");
        text.AppendLine();
    }

    private static string Authority(Uri uri) => uri.GetLeftPart(UriPartial.Authority);
}
