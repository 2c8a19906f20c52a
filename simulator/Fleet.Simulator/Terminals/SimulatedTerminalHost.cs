using Fleet.Simulator.Books;
using Fleet.Simulator.Control;
using Fleet.Simulator.Faults;

namespace Fleet.Simulator.Terminals;

/// <summary>
/// A terminal on its line: powers it, serves one connection after the other, throws its switches. For tests, the demonstration and the
/// command line alike.
/// </summary>
public sealed class SimulatedTerminalHost : IAsyncDisposable
{
    private readonly TerminalOptions _options;
    private readonly TerminalLine _line;
    private readonly CardReader _cards;
    private readonly TerminalDisplay _display;
    private readonly SemaphoreSlim _switch = new(1, 1);
    private ControlServer? _control;
    private TerminalStore _store;
    private TerminalDevice? _device;
    private volatile bool _plugged;
    private TaskCompletionSource _dark = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _power;
    private Task _session = Task.CompletedTask;
    private Task _watch = Task.CompletedTask;
    private volatile bool _disposed;

    private SimulatedTerminalHost(TerminalOptions options, TerminalStore store, TerminalLine line)
    {
        _options = options;
        _store = store;
        _line = line;
        _cards = new CardReader(options.Seed);
        _display = new TerminalDisplay(lines => options.Observer(
            new SimulatorEvent(options.Time.GetUtcNow(), "screen", new { options.Tid, lines })));
        LineFaults.Pace = options.Pace;
    }

    /// <summary>What a till or agent is configured with: the link, the device, or address and port.</summary>
    public string LineName => _line.Name;

    /// <summary>Switches of the device.</summary>
    public TerminalFaults Faults { get; } = new();

    /// <summary>Switches of the line.</summary>
    public LineFaults LineFaults { get; } = new();

    /// <summary>The true time.</summary>
    internal DateTimeOffset Now => _options.Time.GetUtcNow();

    /// <summary>Everything the device keeps without power.</summary>
    public TerminalMemory Memory => _store.Memory;

    /// <summary>Count and sum of the open batch.</summary>
    public Counter Totals => Memory.Totals;

    /// <summary>What the display shows.</summary>
    public IReadOnlyList<string> Display => _display.Lines;

    /// <summary>The power is on.</summary>
    public bool IsPowered => _power is not null;

    /// <summary>The cable is in.</summary>
    public bool IsPlugged => _plugged;

    /// <summary>Where the control socket listens, or null.</summary>
    public ControlAddress? Control => _control?.Address;

    /// <summary>Makes the line, reads the memory, switches on.</summary>
    /// <exception cref="IOException">Line, file or control address cannot be had.</exception>
    /// <exception cref="InvalidDataException">The state file is damaged or belongs to another terminal.</exception>
    public static async Task<SimulatedTerminalHost> StartAsync(TerminalOptions options, CancellationToken cancellationToken)
    {
        var store = TerminalStore.Open(options.StateFile, options.Factory);
        var host = new SimulatedTerminalHost(options, store, TerminalLine.Open(options.Line, options.Time));
        try
        {
            if (options.Control is { } address)
            {
                host._control = ControlServer.Start(address, (request, token) => TerminalControl.ServeAsync(host, request, token));
            }

            await host.PowerOnAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next customer presents this card (a name of <see cref="CardTable"/>).</summary>
    public void Present(string card)
    {
        var index = CardTable.IndexOf(card);
        if (index < 0)
        {
            throw new ArgumentException($"card: '{card}' is not one of {string.Join(", ", CardTable.Cards.Select(static c => c.Name).Distinct())}", nameof(card));
        }

        _cards.Present(index);
    }

    /// <summary>The next customer presents the card at this place of <see cref="CardTable"/>.</summary>
    internal void Present(int card) => _cards.Present(card);

    /// <summary>Changes the device as a technician would: paper, battery, tamper, lock, language.</summary>
    public TerminalMemory Change(Func<TerminalMemory, TerminalMemory> change)
    {
        var memory = _store.Update(change);
        if (_device is { Turn.CurrentCount: > 0 } idle)
        {
            idle.ShowIdle();
        }

        return memory;
    }

    /// <summary>The power goes, at once: whatever was not on disk is forgotten, the device disappears from the line.</summary>
    public async Task PowerCutAsync(CancellationToken cancellationToken)
    {
        await _switch.WaitAsync(cancellationToken);
        try
        {
            await OffAsync();
        }
        finally
        {
            _switch.Release();
        }
    }

    /// <summary>The power comes back: the memory is read from disk, interrupted payments are taken back.</summary>
    public async Task PowerOnAsync(CancellationToken cancellationToken)
    {
        await _switch.WaitAsync(cancellationToken);
        try
        {
            if (_power is not null || _disposed)
            {
                return;
            }

            if (_options.StateFile is not null)
            {
                _store = TerminalStore.Open(_options.StateFile, _options.Factory);
            }

            _store.Update(static m => m.Recovered());
            Faults.PowerIsOn();
            _power = new CancellationTokenSource();
            _dark = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var device = new TerminalDevice(_options, _store, Faults, _cards, _display, _power.Token);
            _device = device;
            Replug();
            _session = new TerminalService(device, _line, LineFaults).RunAsync(_power.Token);
            _watch = WatchAsync(device, _power.Token);
            device.ShowIdle();
            device.Tell("power", new { Memory.Tid, on = true, line = LineName });
        }
        finally
        {
            _switch.Release();
        }
    }

    /// <summary>Completes when the power is off.</summary>
    public Task WaitForDarkAsync(CancellationToken cancellationToken) => _dark.Task.WaitAsync(cancellationToken);

    /// <summary>Pulls the cable; the terminal keeps running.</summary>
    public ValueTask UnplugAsync()
    {
        _plugged = false;
        return _line.UnplugAsync();
    }

    /// <summary>Puts the cable back.</summary>
    public void Replug()
    {
        _plugged = true;
        _line.Replug();
    }

    /// <summary>A sale typed on the keypad, past the till. Returns why it is refused, or null when it is booked.</summary>
    public Task<string?> SellAtDeviceAsync(long amount, CancellationToken cancellationToken) =>
        AtDeviceAsync(flow => flow.SellAsync(amount, cancellationToken), cancellationToken);

    /// <summary>An end-of-day from the menu of the device. Returns why it is refused, or null when the batch is closed.</summary>
    public Task<string?> EndOfDayAtDeviceAsync(CancellationToken cancellationToken) =>
        AtDeviceAsync(flow => flow.EndOfDayAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_control is { } control)
        {
            await control.DisposeAsync();
        }

        await PowerCutAsync(CancellationToken.None);
        await _watch;
        await _line.DisposeAsync();
    }

    private async Task<string?> AtDeviceAsync(Func<StandaloneFlow, Task<string?>> act, CancellationToken cancellationToken)
    {
        if (_device is not { } device)
        {
            return "the power is off";
        }

        if (!await device.Turn.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            return "a dialogue with the till is running";
        }

        try
        {
            return await act(new StandaloneFlow(device));
        }
        finally
        {
            device.Turn.Release();
        }
    }

    private async Task OffAsync()
    {
        if (_power is not { } power)
        {
            return;
        }

        _power = null;
        _device = null;
        await power.CancelAsync();
        await UnplugAsync();
        await _session;
        power.Dispose();
        _dark.TrySetResult();
        _display.Show(string.Empty);
        _options.Observer(new SimulatorEvent(_options.Time.GetUtcNow(), "power", new { Memory.Tid, on = false }));
    }

    /// <summary>A fault or the till switches the device off; a restart brings it back.</summary>
    private async Task WatchAsync(TerminalDevice device, CancellationToken power)
    {
        try
        {
            var happened = await Task.WhenAny(device.PowerCut, device.RestartAsked).WaitAsync(power);
            await PowerCutAsync(CancellationToken.None);
            if (happened == device.RestartAsked)
            {
                await Task.Delay(_options.RestartTime, _options.Time, CancellationToken.None);
                await PowerOnAsync(CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
            // Switched off by hand.
        }
    }
}
