using Fleet.Agent.Hosting;
using Fleet.Agent.Hosting.Diagnostics;
using Fleet.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Fleet.Agent.Tests.Hosting;

public sealed class LineLoggingTests
{
    [Test]
    public void Output_that_nobody_takes_makes_no_payment_wait()
    {
        var clock = new TestClock();
        using var services = Build(clock, new RecentLog(clock));

        var console = services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value;

        Assert.That(console.QueueFullMode, Is.EqualTo(ConsoleLoggerQueueFullMode.DropWrite));
        Assert.That(console.FormatterName, Is.EqualTo(LineFormatter.FormatterName));
    }

    [Test]
    public void Level_is_asked_at_every_event()
    {
        var clock = new TestClock();
        var level = new LogLevelSwitch(LogLevel.Information);
        var recent = new RecentLog(clock);
        using var services = Build(clock, recent, level);
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Fleet.Agent.Till.TillSession");

        Say(logger, "before");
        level.IsTracing = true;
        Say(logger, "while");
        level.IsTracing = false;
        Say(logger, "after");

        Assert.That(recent.Lines, Has.Count.EqualTo(1));
        Assert.That(recent.Lines.Single(), Does.EndWith(" Debug TillSession: while"));
    }

    private static void Say(ILogger logger, string text) => logger.Log(LogLevel.Debug, default, text, null, static (state, _) => state);

    private static ServiceProvider Build(TestClock clock, RecentLog recent, LogLevelSwitch? level = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddLineLogging(level ?? new LogLevelSwitch(LogLevel.Information), recent, new SystemdNotifier(socketPath: null, watchdog: null));
        return services.BuildServiceProvider();
    }
}
