namespace Fleet.Serial.Contract;

/// <summary>Something that holds for every port on every system.</summary>
/// <param name="Name">subject_situation_outcome.</param>
/// <param name="Play">Plays it; throws when the port breaks it.</param>
public sealed record Scenario(string Name, Func<SerialAddress, IFarEnd, CancellationToken, Task> Play);

/// <summary>The contract of a port.</summary>
public static class Scenarios
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    /// <summary>Every scenario. Each begins and ends with a plugged line that nobody has open.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("All_byte_values_pass_unchanged_in_both_directions", AllByteValuesAsync),
        new("Large_transfer_arrives_complete_and_in_order", LargeTransferAsync),
        new("Every_rate_with_one_and_two_stop_bits_is_taken", EveryRateAsync),
        new("Second_opener_is_told_that_the_port_is_busy", SecondOpenerAsync),
        new("Port_can_be_opened_again_after_it_was_closed", ReopenAsync),
        new("What_was_flushed_before_close_still_arrives", FlushedBeforeCloseAsync),
        new("Silence_is_not_the_end_of_a_line", SilenceAsync),
        new("Line_without_modem_lines_is_no_fault", ModemLinesAsync),
        new("Write_that_nobody_takes_ends_within_its_bound", StalledWriteAsync),
        new("Unplug_while_reading_is_seen_as_device_gone", UnplugWhileReadingAsync),
        new("Unplug_ends_a_write_that_is_under_way", UnplugWhileWritingAsync),
        new("Open_while_unplugged_is_not_found", OpenUnpluggedAsync),
        new("Replug_brings_a_new_device_under_the_same_name", ReplugAsync),
    ];

    private static async Task AllByteValuesAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        await using var port = await ContractPort.OpenAsync(address, cancellationToken);
        var every = Enumerable.Range(0, 256).Select(static b => (byte)b).ToArray();
        await port.Output.WriteAsync(every, cancellationToken);
        Same(every, await far.TakeAsync(256, cancellationToken), "from the port");
        await far.SendAsync(every, cancellationToken);
        Same(every, await port.Input.TakeAsync(256, cancellationToken), "towards the port");
    }

    private static async Task LargeTransferAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        await using var port = await ContractPort.OpenAsync(address, cancellationToken);
        var bytes = new byte[60_000];
        new Random(1).NextBytes(bytes);
        var writing = port.Output.WriteAsync(bytes, cancellationToken).AsTask();
        Same(bytes, await far.TakeAsync(bytes.Length, cancellationToken), "from the port");
        await writing;
        await far.SendAsync(bytes, cancellationToken);
        Same(bytes, await port.Input.TakeAsync(bytes.Length, cancellationToken), "towards the port");
    }

    private static async Task EveryRateAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        foreach (var baud in SerialAddress.SupportedBauds)
        {
            foreach (var stop in Enum.GetValues<SerialStopBits>())
            {
                await using var port = await ContractPort.OpenAsync(address with { Baud = baud, StopBits = stop }, cancellationToken);
                await port.Output.WriteAsync(new byte[] { 0x10, 0x02, 0x06 }, cancellationToken);
                Same([0x10, 0x02, 0x06], await far.TakeAsync(3, cancellationToken), $"at {baud} baud, {stop} stop bits");
            }
        }
    }

    private static async Task SecondOpenerAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        await using var port = await ContractPort.OpenAsync(address, cancellationToken);
        await ContractPort.RefusedAsync(address, SerialOpenFault.Busy, cancellationToken);
        await far.SendAsync([0x15], cancellationToken);
        Same([0x15], await port.Input.TakeAsync(1, cancellationToken), "to the first opener");
    }

    private static async Task ReopenAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        for (byte round = 0; round < 3; round++)
        {
            await using var port = await ContractPort.OpenAsync(address, cancellationToken);
            await port.Output.WriteAsync(new[] { round }, cancellationToken);
            Same([round], await far.TakeAsync(1, cancellationToken), "after reopening");
            await port.DisposeAsync();
            await port.ClosesWithAsync(SerialCloseReason.ClosedByUs, Soon, cancellationToken);
        }
    }

    private static async Task FlushedBeforeCloseAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        var port = await ContractPort.OpenAsync(address, cancellationToken);
        await port.Output.WriteAsync(new byte[] { 0x06 }, cancellationToken);
        await port.DisposeAsync();
        Same([0x06], await far.TakeAsync(1, cancellationToken), "before the close");
    }

    private static async Task SilenceAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        await using var port = await ContractPort.OpenAsync(address, cancellationToken);
        await Task.WhenAny(port.Closed, Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, cancellationToken));
        ContractBrokenException.Unless(!port.Closed.IsCompleted, "the port closed although nothing happened");
        await far.SendAsync([0x04, 0x0F], cancellationToken);
        Same([0x04, 0x0F], await port.Input.TakeAsync(2, cancellationToken), "after silence");
    }

    private static async Task ModemLinesAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        await using var port = await ContractPort.OpenAsync(address, cancellationToken);
        if (port.ControlLines is { } lines)
        {
            _ = lines.ClearToSend || lines.DataSetReady || lines.CarrierDetect;
            lines.DataTerminalReady = true;
            lines.RequestToSend = true;
        }

        await port.Output.WriteAsync(new byte[] { 0x80 }, cancellationToken);
        Same([0x80], await far.TakeAsync(1, cancellationToken), "with the lines touched");
    }

    private static async Task StalledWriteAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        await using (var port = await ContractPort.OpenAsync(address, cancellationToken, new SerialPortOptions { WriteBound = TimeSpan.FromMilliseconds(500) }))
        {
            await port.Output.WriteAsync(new byte[200_000], cancellationToken);
            await port.ClosesWithAsync(SerialCloseReason.Error, TimeSpan.FromSeconds(5), cancellationToken);
        }

        // What was stuck in the line goes with the device.
        await far.UnplugAsync(cancellationToken);
        await far.ReplugAsync(cancellationToken);
    }

    private static async Task UnplugWhileReadingAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        await using (var port = await ContractPort.OpenAsync(address, cancellationToken))
        {
            var reading = port.Input.ReadAsync(cancellationToken);
            await far.UnplugAsync(cancellationToken);
            await port.ClosesWithAsync(SerialCloseReason.DeviceGone, Soon, cancellationToken);
            ContractBrokenException.Unless((await reading).IsCompleted, "the read did not end with the line");
        }

        await far.ReplugAsync(cancellationToken);
    }

    private static async Task UnplugWhileWritingAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        await using (var port = await ContractPort.OpenAsync(address, cancellationToken))
        {
            var writing = port.Output.WriteAsync(new byte[1_000_000], cancellationToken);
            await far.UnplugAsync(cancellationToken);
            ContractBrokenException.Unless((await writing).IsCompleted, "the write did not end with the line");
            await port.ClosesWithAsync(SerialCloseReason.DeviceGone, Soon, cancellationToken);
        }

        await far.ReplugAsync(cancellationToken);
    }

    private static async Task OpenUnpluggedAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        await far.UnplugAsync(cancellationToken);
        await ContractPort.RefusedAsync(address, SerialOpenFault.NotFound, cancellationToken);
        await far.ReplugAsync(cancellationToken);
    }

    private static async Task ReplugAsync(SerialAddress address, IFarEnd far, CancellationToken cancellationToken)
    {
        await using (var before = await ContractPort.OpenAsync(address, cancellationToken))
        {
            await far.UnplugAsync(cancellationToken);
            await before.ClosesWithAsync(SerialCloseReason.DeviceGone, Soon, cancellationToken);
            await far.ReplugAsync(cancellationToken);
        }

        await using var after = await ContractPort.OpenAsync(address, cancellationToken);
        await after.Output.WriteAsync(new byte[] { 0x15 }, cancellationToken);
        Same([0x15], await far.TakeAsync(1, cancellationToken), "on the new device");
    }

    private static void Same(byte[] wanted, byte[] got, string where)
    {
        var equal = wanted.AsSpan().CommonPrefixLength(got);
        ContractBrokenException.Unless(equal == wanted.Length && got.Length == wanted.Length, $"{where}: byte {equal} of {wanted.Length} differs");
    }
}
