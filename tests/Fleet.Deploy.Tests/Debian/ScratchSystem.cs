using System.Diagnostics;
using Fleet.Testing;

namespace Fleet.Deploy.Tests.Debian;

/// <summary>
/// This machine's file system with everything that is written to it in memory: packages are installed and removed for real and nothing
/// of it stays. It ends with its holder, which ends when its input does.
/// </summary>
internal sealed class ScratchSystem : IAsyncDisposable
{
    // Starts and stops instances as systemd would, and writes down what it was asked.
    private const string Manager = """
        #!/bin/sh
        echo "systemctl $*" >> /manager.log
        [ "$1" = --quiet ] && shift
        [ "$1" = --system ] && shift
        verb=$1 unit=$2
        name=${unit#*@}; name=${name%.service}
        case $verb in
          start)
            install -d -o fleet-agent -g fleet-agent -m 0700 "/var/lib/fleet-agent/$name"
            runuser -u fleet-agent -- env STATE_DIRECTORY="/var/lib/fleet-agent/$name" /usr/bin/fleet-agent run --config "/etc/fleet-agent/$name.yaml" >> "/$name.log" 2>&1 < /dev/null &
            echo $! > "/run/$name.pid" ;;
          stop)
            [ -e "/run/$name.pid" ] || exit 0
            pkill -TERM -P "$(cat "/run/$name.pid")"
            tail --pid="$(cat "/run/$name.pid")" -f /dev/null
            rm -f "/run/$name.pid" ;;
          list-units)
            for pid in /run/*.pid; do [ -e "$pid" ] && echo "fleet-agent@$(basename "$pid" .pid).service loaded active running Fleet agent"; done ;;
          is-enabled) echo enabled ;;
          is-active) exit 3 ;;
        esac
        exit 0

        """;

    private readonly Process _holder;
    private readonly TemporaryFolder _folder;

    private ScratchSystem(Process holder, TemporaryFolder folder)
    {
        _holder = holder;
        _folder = folder;
    }

    /// <summary>Makes it, or ends the test where that is not possible.</summary>
    public static async Task<ScratchSystem> RequireAsync(CancellationToken cancellationToken)
    {
        Engines.Require("dpkg", "a Debian system");
        if (!Environment.IsPrivilegedProcess)
        {
            Engines.Missing("packages are installed by root only: run as root");
        }

        var folder = new TemporaryFolder();
        var script = """
            set -e
            mount --make-rprivate /
            mount -t tmpfs tmpfs "$0"
            mkdir "$0/upper" "$0/work" "$0/root"
            mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root"
            mount -t proc proc "$0/root/proc"
            mount --rbind /dev "$0/root/dev"
            mount -t tmpfs tmpfs "$0/root/run"
            mkdir -p "$0/root/run/systemd/system"
            echo ready
            read -r end
            """;
        var holder = Tool.Start("unshare", ["-m", "sh", "-c", script, folder.Path], new Dictionary<string, string>(StringComparer.Ordinal));
        var system = new ScratchSystem(holder, folder);
        if (await holder.StandardOutput.ReadLineAsync(cancellationToken) != "ready")
        {
            var why = await holder.StandardError.ReadToEndAsync(cancellationToken);
            await system.DisposeAsync();
            Engines.Missing($"a file system over this one could not be mounted: {why}");
        }

        (await system.ShellAsync("cat > /usr/local/bin/systemctl && chmod 0755 /usr/local/bin/systemctl && : > /manager.log && rm -f /usr/sbin/policy-rc.d", cancellationToken, Manager)).Succeeded();
        return system;
    }

    /// <summary>Runs a shell command in it.</summary>
    public async Task<Ended> ShellAsync(string command, CancellationToken cancellationToken, string input = "")
    {
        // Into a file: what is started in passing would hold a pipe open.
        var log = _folder.File(Path.GetRandomFileName());
        using var process = Tool.Start(
            "sh",
            ["-c", "log=$0; exec \"$@\" >\"$log\" 2>&1", log + ".out", "nsenter", "-t", $"{_holder.Id}", "-m", "--", "chroot", Path.Combine(_folder.Path, "root"), "sh", "-c", command],
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                ["DEBIAN_FRONTEND"] = "noninteractive",
                ["LC_ALL"] = "C.UTF-8",
            });
        await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
        return new Ended(process.ExitCode, await File.ReadAllTextAsync(log + ".out", cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await ShellAsync("for pid in /run/*.pid; do [ -e \"$pid\" ] && pkill -KILL -P \"$(cat \"$pid\")\"; done; true", CancellationToken.None);
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync(CancellationToken.None);
        _holder.Dispose();
        _folder.Dispose();
    }
}
