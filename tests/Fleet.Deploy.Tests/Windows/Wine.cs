using System.Diagnostics;
using Fleet.Testing;

namespace Fleet.Deploy.Tests.Windows;

/// <summary>A Windows of our own: one wine prefix for all tests of this assembly, made by the first that needs it.</summary>
internal sealed class Wine
{
    private static volatile bool _created;

    private readonly TemporaryFolder _folder;
    private readonly string _loader;
    private readonly Process _server;

    private Wine(TemporaryFolder folder, string loader, Process server)
    {
        _folder = folder;
        _loader = loader;
        _server = server;
    }

    /// <summary>Drive C.</summary>
    public string DriveC => Path.Combine(_folder.Path, "prefix", "drive_c");

    /// <summary>The shared Windows, or the end of the test where there is no wine.</summary>
    public static Task<Wine> RequireAsync()
    {
        // The script called wine says so much about 32-bit programs; the loader itself does not.
        if (Loader() is null)
        {
            Engines.Missing("wine is not installed: apt-get install wine64 wine");
        }

        Engines.Require("wineserver", "apt-get install wine64 wine");
        return Once.Shared;
    }

    /// <summary>A path of this machine as Windows programs see it.</summary>
    public static string PathOf(string path) => "Z:" + path.Replace('/', '\\');

    /// <summary>Runs a Windows program to its end.</summary>
    public async Task<Ended> RunAsync(CancellationToken cancellationToken, params string[] command)
    {
        var log = Path.Combine(_folder.Path, $"{Path.GetRandomFileName()}.log");
        using var process = StartInto(log, command);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return new Ended(process.ExitCode, await File.ReadAllTextAsync(log, cancellationToken));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Starts a Windows program that prints into a file. A pipe would be held open by every process that Windows starts in passing.</summary>
    public Process StartInto(string log, params string[] command) =>
        Tool.Start("sh", ["-c", "log=$0; exec \"$@\" >\"$log\" 2>&1 </dev/null", log, _loader, .. command], EnvironmentOf(_folder.Path));

    /// <summary>Starts a Windows program with input and output in our hands.</summary>
    public Process Start(params string[] command) => Tool.Start(_loader, command, EnvironmentOf(_folder.Path));

    /// <summary>Puts a COM port on a pseudo terminal. Programs that start after this see it.</summary>
    public async Task MapAsync(string port, string link, CancellationToken cancellationToken)
    {
        (await RunAsync(cancellationToken, "reg", "add", @"HKLM\Software\Wine\Ports", "/v", port, "/d", link, "/f")).Succeeded();

        // wine makes these links when it starts, from the registry; we do not want to start it again.
        var name = Path.Combine(_folder.Path, "prefix", "dosdevices", port.ToLowerInvariant());
        File.Delete(name);
        File.CreateSymbolicLink(name, link);
    }

    /// <summary>Ends every process of the shared Windows.</summary>
    public static async Task EndAsync()
    {
        if (!_created)
        {
            return;
        }

        var wine = await Once.Shared;
        await Tool.RunAsync("wineserver", ["-k"], EnvironmentOf(wine._folder.Path), CancellationToken.None);
        await wine._server.WaitForExitAsync(CancellationToken.None);
        wine._server.Dispose();
        wine._folder.Dispose();
    }

    private static async Task<Wine> CreateAsync()
    {
        var folder = new TemporaryFolder();
        var environment = EnvironmentOf(folder.Path);
        Directory.CreateDirectory(Path.Combine(folder.Path, "prefix"));
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);

        var loader = Loader()!;
        using (var boot = Tool.Start("sh", ["-c", "exec \"$0\" wineboot -i >\"$WINEPREFIX.log\" 2>&1 </dev/null", loader], environment))
        {
            await boot.WaitForExitAsync(bound.Token);
        }

        // The services of a Windows that is just being made run into their time-outs; they come up at once when it starts again.
        (await Tool.RunAsync("wineserver", ["-k"], environment, bound.Token)).Succeeded();

        // As our child it leads no session: otherwise a pseudo terminal that it opens becomes its controlling terminal, and pulling the
        // cable would end it by SIGHUP.
        var server = Tool.Start("wineserver", ["-f", "-p"], environment);
        server.OutputDataReceived += static (_, _) => { };
        server.ErrorDataReceived += static (_, _) => { };
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        _created = true;
        return new Wine(folder, loader, server);
    }

    private static string? Loader() => new[] { "/usr/lib/wine/wine64", "/usr/bin/wine64" }.FirstOrDefault(File.Exists);

    private static Dictionary<string, string> EnvironmentOf(string folder) => new(StringComparer.Ordinal)
    {
        ["WINEPREFIX"] = Path.Combine(folder, "prefix"),
        ["WINEARCH"] = "win64",
        ["WINEDEBUG"] = "-all",
        ["WINEDLLOVERRIDES"] = "mshtml=d;winemenubuilder.exe=d",
        ["DISPLAY"] = string.Empty,
    };

    /// <summary>Made when the first test has found that there is a wine.</summary>
    private static class Once
    {
        public static readonly Task<Wine> Shared = CreateAsync();
    }
}
