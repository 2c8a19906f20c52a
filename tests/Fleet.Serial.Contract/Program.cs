using Fleet.Serial;
using Fleet.Serial.Contract;

// serial-contract PORT: plays every scenario on a port, asks whoever holds its other end over input and output, and says for each how it went.
// serial-contract list: prints the ports of this machine.
if (args is ["list"])
{
    foreach (var port in SerialPorts.List())
    {
        Console.WriteLine($"{port.Device} {port.Guess}");
    }

    return 0;
}

if (args is not [var device])
{
    await Console.Error.WriteLineAsync("usage: serial-contract PORT | serial-contract list");
    return 2;
}

var address = SerialAddress.Parse($"serial://{device}");
var far = new AskedFarEnd(Console.In, Console.Out);
var broken = 0;
foreach (var scenario in Scenarios.All)
{
    using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
    try
    {
        await scenario.Play(address, far, bound.Token);
        Console.WriteLine($"passed {scenario.Name}");
    }
    catch (Exception failure)
    {
        // The door of a scenario: whatever went wrong is its outcome, the next one is played.
        broken++;
        Console.WriteLine($"failed {scenario.Name}: {failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")}");
    }
}

Console.WriteLine($"done {broken}");
return broken == 0 ? 0 : 1;
