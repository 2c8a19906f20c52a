using System.CommandLine;
using System.Text.RegularExpressions;
using Fleet.Agent.Hosting.Windows;

namespace Fleet.Agent.Hosting;

/// <summary>The verb <c>fleet-agent service</c>.</summary>
internal static partial class ServiceCommand
{
    public static Command Create()
    {
        var name = new Option<string>("--name", "-n") { Description = "Name of the lane: letters, digits, '-' and '_'.", HelpName = "NAME", DefaultValueFactory = static _ => "main" };
        name.Validators.Add(static result =>
        {
            if (!Allowed().IsMatch(result.GetValueOrDefault<string>() ?? string.Empty))
            {
                result.AddError("--name: 1 to 32 letters, digits, '-' and '_' are possible");
            }
        });
        var config = new Option<string?>("--config", "-c") { Description = $"Settings in YAML. Windows only; on Linux they are /etc/fleet-agent/NAME.yaml.", HelpName = "FILE" };
        var data = new Option<string?>("--data", "-d") { Description = "Folder for journal and identity. Windows only; on Linux it is /var/lib/fleet-agent/NAME.", HelpName = "DIR" };
        var noStart = new Option<bool>("--no-start") { Description = "Do not start it yet." };
        var root = new Option<string>("--root") { Description = "Root of the file system.", Hidden = true, DefaultValueFactory = static _ => "/" };
        return new Command("service", "Makes the agent a service of this system.")
        {
            Verb("install", "Makes the service, starts it, and has it started with the system.", static (i, r, c) => i.InstallAsync(r, c)),
            Verb("uninstall", "Stops the service after what runs, and removes it. Data and settings stay.", static (i, r, c) => i.UninstallAsync(r, c)),
            Verb("status", "Says how the service is. Exit code 1 when it does not run.", static (i, r, c) => i.StatusAsync(r, c)),
        };

        Command Verb(string verb, string description, Func<IServiceInstallation, ServiceRequest, CancellationToken, Task<ServiceOutcome>> action)
        {
            var command = new Command(verb, description) { name, config, data, root };
            if (verb == "install")
            {
                command.Options.Add(noStart);
            }

            command.SetAction((result, cancellationToken) => DoAsync(
                action,
                result.GetValue(root)!,
                RequestOf(result.GetValue(name)!, result.GetValue(config), result.GetValue(data), verb != "install" || !result.GetValue(noStart)),
                cancellationToken));
            return command;
        }
    }

    private static async Task<int> DoAsync(
        Func<IServiceInstallation, ServiceRequest, CancellationToken, Task<ServiceOutcome>> action, string root, ServiceRequest request, CancellationToken cancellationToken)
    {
        IServiceInstallation installation = OperatingSystem.IsWindows() ? new WindowsServiceInstallation() : new SystemdInstallation(root);
        var outcome = await action(installation, request, cancellationToken);
        await (outcome.Done ? Console.Out : Console.Error).WriteLineAsync(outcome.Text);
        return outcome.Done ? 0 : 1;
    }

    private static ServiceRequest RequestOf(string name, string? config, string? data, bool start)
    {
        var folder = OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "Fleet Agent", name)
            : Path.Combine("/var/lib/fleet-agent", name);
        return OperatingSystem.IsWindows()
            ? new ServiceRequest(name, Path.GetFullPath(config ?? Path.Combine(folder, "agent.yaml")), Path.GetFullPath(data ?? Path.Combine(folder, "data")), start)
            : new ServiceRequest(name, $"/etc/fleet-agent/{name}.yaml", folder, start);
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,32}$", RegexOptions.None, 1000)]
    private static partial Regex Allowed();
}
