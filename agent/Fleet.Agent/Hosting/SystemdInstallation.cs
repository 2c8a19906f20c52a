using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;

namespace Fleet.Agent.Hosting;

/// <summary>
/// The instance <c>fleet-agent@NAME</c> of systemd. The unit, the account and the udev rule come from the package; without the package they
/// are written below <c>/etc</c> first.
/// </summary>
/// <param name="root">Root of the file system, <c>/</c> but in tests and images.</param>
internal sealed class SystemdInstallation(string root) : IServiceInstallation
{
    private const string Unit = "fleet-agent@.service";
    private const string PackagedUnit = "lib/systemd/system/" + Unit;
    private const string ProgramOfUnit = "/usr/bin/fleet-agent";
    private static readonly (string Resource, string Path)[] Files =
    [
        (Unit, "etc/systemd/system/" + Unit),
        ("fleet-agent.sysusers", "etc/sysusers.d/fleet-agent.conf"),
        ("fleet-agent.rules", "etc/udev/rules.d/70-fleet-agent.rules"),
    ];

    private bool IsThisSystem => root == "/";

    /// <inheritdoc/>
    public async Task<ServiceOutcome> InstallAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        if (IsThisSystem && !Directory.Exists("/run/systemd/system"))
        {
            return new ServiceOutcome(
                Done: false, $"This system does not run systemd. Have its service manager run: {Program} run --config {request.Config} --data {request.Data}, stop it with SIGTERM and give it 60 s.");
        }

        try
        {
            var written = File.Exists(Path.Combine(root, PackagedUnit)) ? [] : WriteFiles();
            if (IsThisSystem && written.Count > 0)
            {
                await RunAsync("systemd-sysusers", [], cancellationToken);
                await RunAsync("systemctl", ["daemon-reload"], cancellationToken);
            }

            string[] now = request.Start && IsThisSystem ? ["--now"] : [];
            var enabled = await SystemctlAsync(["enable", .. now, InstanceOf(request.Name)], cancellationToken);
            return enabled.Done
                ? new ServiceOutcome(Done: true, $"{InstanceOf(request.Name)} is enabled{(now.Length > 0 ? " and started" : string.Empty)}. Its settings are /etc/fleet-agent/{request.Name}.yaml, its data is /var/lib/fleet-agent/{request.Name}.")
                : enabled;
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            return new ServiceOutcome(Done: false, $"{error.Message} Run this as root.");
        }
    }

    /// <inheritdoc/>
    public async Task<ServiceOutcome> UninstallAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        string[] now = IsThisSystem ? ["--now"] : [];
        var disabled = await SystemctlAsync(["disable", .. now, InstanceOf(request.Name)], cancellationToken);
        return disabled.Done
            ? new ServiceOutcome(Done: true, $"{InstanceOf(request.Name)} is stopped and no longer starts. Its data is still in /var/lib/fleet-agent/{request.Name}.")
            : disabled;
    }

    /// <inheritdoc/>
    public async Task<ServiceOutcome> StatusAsync(ServiceRequest request, CancellationToken cancellationToken)
    {
        var active = await SystemctlAsync([IsThisSystem ? "is-active" : "is-enabled", InstanceOf(request.Name)], cancellationToken);
        return new ServiceOutcome(active.Done, $"{InstanceOf(request.Name)}: {active.Text}");
    }

    private static string InstanceOf(string name) => $"fleet-agent@{name}.service";

    private static string Program => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) != "dotnet"
        ? path
        : $"dotnet {Path.Combine(AppContext.BaseDirectory, "fleet-agent.dll")}";

    private List<string> WriteFiles()
    {
        var written = new List<string>();
        foreach (var (resource, path) in Files)
        {
            var target = Path.Combine(root, path);
            using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource) ?? throw new IOException($"{resource} is not part of this program");
            using var reader = new StreamReader(stream);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllText(target, reader.ReadToEnd().Replace(ProgramOfUnit, Program, StringComparison.Ordinal));
            written.Add(target);
        }

        return written;
    }

    private Task<ServiceOutcome> SystemctlAsync(string[] arguments, CancellationToken cancellationToken) =>
        RunAsync("systemctl", IsThisSystem ? arguments : [$"--root={root}", .. arguments], cancellationToken);

    private static async Task<ServiceOutcome> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new ServiceOutcome(process.ExitCode == 0, (await output + await error).Trim());
        }
        catch (Win32Exception error)
        {
            return new ServiceOutcome(Done: false, $"{program} could not be run: {error.Message}");
        }
    }
}
