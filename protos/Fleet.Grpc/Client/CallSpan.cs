using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>
/// One attempt of a call for whoever traces: an activity and its two events, under the names of the official client.
/// Without a listener there is none.
/// </summary>
internal sealed class CallSpan
{
    private const string SourceName = "Grpc.Net.Client";
    private const string Name = "Grpc.Net.Client.GrpcOut";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly DiagnosticListener Listener = new(SourceName);

    private readonly Activity _activity;
    private readonly HttpRequestMessage _request;
    private readonly bool _writes;
    private int _stopped;

    private CallSpan(Activity activity, HttpRequestMessage request, bool writes)
    {
        _activity = activity;
        _request = request;
        _writes = writes;
    }

    /// <summary>Begins the activity, the parent of what the HTTP client makes of <paramref name="request"/>; null if nobody listens.</summary>
    public static CallSpan? Start(IMethod method, HttpRequestMessage request)
    {
        var writes = Listener.IsEnabled() && Listener.IsEnabled(Name, request);
        if (!writes && !Source.HasListeners())
        {
            return null;
        }

        var activity = Source.CreateActivity(Name, ActivityKind.Client) ?? new Activity(Name);
        activity.AddTag("grpc.method", method.FullName).Start();
        if (writes)
        {
            Write($"{Name}.Start", new Started(request));
        }

        return new CallSpan(activity, request, writes);
    }

    /// <summary>Ends the activity; the first outcome stands. The caller's own activity goes on.</summary>
    public void Stop(in Status status, HttpResponseMessage? response)
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        var around = Activity.Current;
        Activity.Current = _activity;
        _activity.AddTag("grpc.status_code", ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture));
        if (_writes)
        {
            // Listeners of the event read the duration.
            _activity.SetEndTime(TimeProvider.System.GetUtcNow().UtcDateTime);
            Write($"{Name}.Stop", new Ended(_request, response));
        }

        _activity.Stop();
        Activity.Current = around == _activity ? _activity.Parent : around;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The events are read by the names of their properties, which are kept.")]
    private static void Write<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(string name, T value) =>
        Listener.Write(name, value);

    private sealed record Started(HttpRequestMessage Request);

    private sealed record Ended(HttpRequestMessage Request, HttpResponseMessage? Response);
}
