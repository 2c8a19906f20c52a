using System.Net.Sockets;
using System.Text;
using Fleet.Agent.Hosting;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Hosting;

[Platform(Include = "Linux")]
public sealed class SystemdNotifierTests
{
    [Test]
    public void Assignments_arrive_in_one_datagram()
    {
        using var folder = new TemporaryFolder();
        using var manager = Listen(folder.File("notify"));

        new SystemdNotifier(folder.File("notify"), null).Notify("READY=1", "STATUS=Serving.");

        Assert.That(Receive(manager), Is.EqualTo("READY=1\nSTATUS=Serving."));
    }

    [Test]
    public void Abstract_socket_is_reached_by_its_at_sign()
    {
        var name = $"fleet-test-{Guid.NewGuid():N}";
        using var manager = Listen("\0" + name);

        new SystemdNotifier("@" + name, null).Notify("WATCHDOG=1");

        Assert.That(Receive(manager), Is.EqualTo("WATCHDOG=1"));
    }

    [Test]
    public void Manager_that_is_gone_is_no_error()
    {
        Assert.That(static () => new SystemdNotifier("/nonexistent/notify", null).Notify("READY=1"), Throws.Nothing);
        Assert.That(new SystemdNotifier(null, null).IsActive, Is.False);
    }

    private static Socket Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 5000 };
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
