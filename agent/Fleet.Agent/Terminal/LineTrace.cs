using System.Threading.Channels;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Terminal;

/// <summary>
/// Records what passes between agent and terminal, while somebody wants it: redacted by parsing before anything is kept, written behind
/// the line's back, bounded in size and age. <c>terminal-sim replay</c> plays the file again.
/// </summary>
public sealed class LineTrace : IZvtTrace, IDisposable
{
    private const int MostWaiting = 4096;
    private static readonly TimeSpan LookEach = TimeSpan.FromMinutes(1);

    private readonly TraceOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<LineTrace> _logger;
    private readonly TraceFolder _folder;
    private readonly TraceContext _context = new(ZvtDirection.Sent);

    // Telemetry: when the disk is slower than the line the newest lines are dropped, and counted.
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly RegistrationMemory _registration = new();
    private DateTimeOffset? _since;
    private int _dropped;

    /// <param name="options">Bounds.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="logger">Logger.</param>
    public LineTrace(TraceOptions options, TimeProvider clock, ILogger<LineTrace> logger)
    {
        _options = options;
        _clock = clock;
        _logger = logger;
        _folder = new TraceFolder(options, clock);
    }

    /// <summary>Since when it records; null when it does not.</summary>
    public DateTimeOffset? Since
    {
        get
        {
            lock (_lock)
            {
                return _since;
            }
        }
    }

    /// <summary>The file with the newest lines.</summary>
    public string Path => TraceFolder.PathOf(_options);

    /// <summary>Bounds in force.</summary>
    public TraceOptions Options => _options;

    /// <summary>Begins a new file; null, or why not.</summary>
    public async Task<string?> BeginAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            IReadOnlyList<string> registration;
            lock (_lock)
            {
                registration = _registration.Lines;
                _dropped = 0;
            }

            while (_lines.Reader.TryRead(out _))
            {
                // Of the trace before.
            }

            _folder.Begin(registration);
            lock (_lock)
            {
                _since = _clock.GetUtcNow();
            }

            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Ends it; what is recorded stays for a while.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _since = null;
        }

        await _writing.WaitAsync(cancellationToken);
        try
        {
            WriteWaiting();
            _folder.End();
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>The newest lines of this trace or the last one; empty when there is none.</summary>
    public async Task<string> ReadAsync(int mostCharacters, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            WriteWaiting();
            return TraceFolder.Read(_options, mostCharacters);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public void Record(ZvtTraceEntry entry)
    {
        lock (_lock)
        {
            var context = _context.Of(entry);
            var isOfRegistration = _registration.Wants(entry);
            if (_since is null && !isOfRegistration)
            {
                return;
            }

            var line = TraceLine.Of(entry, ZvtDirection.Sent, context, keepsTexts: false).ToJson();
            if (isOfRegistration)
            {
                _registration.Keep(entry, line);
            }

            if (_since is not null && !_lines.Writer.TryWrite(line))
            {
                _dropped++;
            }
        }
    }

    /// <summary>Writes what is recorded until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LookEach, _clock);
        var more = _lines.Reader.WaitToReadAsync(cancellationToken).AsTask();
        var look = timer.WaitForNextTickAsync(cancellationToken).AsTask();
        while (true)
        {
            // Cancelled with whichever it was.
            await await Task.WhenAny(more, look);
            await WriteAsync(look.IsCompleted, cancellationToken);
            more = more.IsCompleted ? _lines.Reader.WaitToReadAsync(cancellationToken).AsTask() : more;
            look = look.IsCompleted ? timer.WaitForNextTickAsync(cancellationToken).AsTask() : look;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _folder.Dispose();
        _writing.Dispose();
    }

    private async Task WriteAsync(bool looks, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            WriteWaiting();
            if (looks)
            {
                EndOld();
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    // A disk that does not take a trace loses the trace, and nothing else.
    private void WriteWaiting()
    {
        List<string> lines = [];
        while (_lines.Reader.TryRead(out var line))
        {
            lines.Add(line);
        }

        IReadOnlyList<string> registration;
        lock (_lock)
        {
            registration = _registration.Lines;
            if (_dropped > 0)
            {
                lines.Add(new TraceLine(_clock.GetUtcNow(), TraceLine.Till, ZvtTraceKind.Dropped, null, $"{_dropped} lines were not recorded").ToJson());
                _dropped = 0;
            }
        }

        if (lines.Count == 0 || !_folder.IsOpen)
        {
            return;
        }

        try
        {
            _folder.Write(lines, registration);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            GiveUp(error);
        }
    }

    private void EndOld()
    {
        var isOld = Since is { } since && _clock.GetUtcNow() - since > _options.MaximumAge;
        try
        {
            if (isOld)
            {
                lock (_lock)
                {
                    _since = null;
                }

                _folder.End();
                TerminalLog.TraceEnded(_logger, _options.MaximumAge);
            }

            if (!_folder.IsOpen)
            {
                _folder.RemoveOld();
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            GiveUp(error);
        }
    }

    private void GiveUp(Exception error)
    {
        lock (_lock)
        {
            _since = null;
        }

        TerminalLog.TraceFailed(_logger, error.Message);
        try
        {
            _folder.Remove();
        }
        catch (Exception again) when (again is IOException or UnauthorizedAccessException)
        {
            TerminalLog.TraceFailed(_logger, again.Message);
        }
    }
}
