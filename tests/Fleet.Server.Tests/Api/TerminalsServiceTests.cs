using Fleet.Server.Tests.Hosting;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Server.Tests.Api;

[TestFixture]
internal sealed class TerminalsServiceTests
{
    private ServerWorld _world = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _world = await ServerWorld.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task Created_terminal_is_found_and_listed()
    {
        var created = await _world.Terminals.CreateTerminalAsync(new CreateTerminalRequest
        {
            TerminalId = "created-1",
            Terminal = new Terminal { DisplayName = "Front", Store = "Berlin", Lane = "1" },
        });
        var found = await _world.Terminals.GetTerminalAsync(new GetTerminalRequest { Name = created.Name });
        var listed = await _world.Terminals.ListTerminalsAsync(new ListTerminalsRequest { Filter = "store = \"Berlin\"" });

        Assert.Multiple(() =>
        {
            Assert.That(created.Name, Is.EqualTo("terminals/created-1"));
            Assert.That(created.State, Is.EqualTo(Terminal.Types.State.Registered));
            Assert.That(found, Is.EqualTo(created));
            Assert.That(listed.Terminals, Has.Member(created));
        });
    }

    [Test]
    public async Task Same_request_id_gives_the_same_terminal_and_another_one_a_conflict()
    {
        var request = new CreateTerminalRequest { TerminalId = "created-2", RequestId = "r-1" };
        var first = await _world.Terminals.CreateTerminalAsync(request);
        var again = await _world.Terminals.CreateTerminalAsync(request);
        request.RequestId = "r-2";
        var failure = RpcAssert.Fails(() => _world.Terminals.CreateTerminalAsync(request), StatusCode.AlreadyExists);

        Assert.That(again, Is.EqualTo(first));
        Assert.That(RpcAssert.Detail<ResourceInfo>(failure).ResourceName, Is.EqualTo("terminals/created-2"));
        Assert.That(RpcAssert.Detail<ErrorInfo>(failure).Reason, Is.EqualTo("ALREADY_EXISTS"));
    }

    [Test]
    public async Task Preview_stores_nothing()
    {
        await _world.Terminals.CreateTerminalAsync(new CreateTerminalRequest { TerminalId = "preview-1", ValidateOnly = true });

        RpcAssert.Fails(() => _world.Terminals.GetTerminalAsync(new GetTerminalRequest { Name = "terminals/preview-1" }), StatusCode.NotFound);
    }

    [TestCase("has space")]
    [TestCase("")]
    public void Bad_id_is_an_invalid_argument_that_names_the_field(string id)
    {
        var failure = RpcAssert.Fails(() => _world.Terminals.CreateTerminalAsync(new CreateTerminalRequest { TerminalId = id }), StatusCode.InvalidArgument);

        Assert.That(RpcAssert.FieldOf(failure), Is.EqualTo("terminal_id"));
        Assert.That(failure.Status.Detail, Does.StartWith("terminal_id"));
    }

    [TestCase("lane1")]
    [TestCase("terminals/")]
    [TestCase("terminals/a b")]
    [TestCase("terminals/lane1/x")]
    public void Bad_name_is_an_invalid_argument(string name)
    {
        var failure = RpcAssert.Fails(() => _world.Terminals.GetTerminalAsync(new GetTerminalRequest { Name = name }), StatusCode.InvalidArgument);

        Assert.That(RpcAssert.FieldOf(failure), Is.EqualTo("name"));
    }

    [TestCase("state", "position")]
    [TestCase("colour = blue", "colour")]
    [TestCase("state = FLYING", "FLYING")]
    public void Bad_filter_is_told_with_its_place(string filter, string told)
    {
        var failure = RpcAssert.Fails(() => _world.Terminals.ListTerminalsAsync(new ListTerminalsRequest { Filter = filter }), StatusCode.InvalidArgument);

        Assert.That(failure.Status.Detail, Does.Contain(told));
        Assert.That(RpcAssert.FieldOf(failure), Is.EqualTo("filter"));
    }

    [Test]
    public void Bad_page_is_told()
    {
        RpcAssert.Fails(() => _world.Terminals.ListTerminalsAsync(new ListTerminalsRequest { PageSize = -1 }), StatusCode.InvalidArgument);
        RpcAssert.Fails(() => _world.Terminals.ListTerminalsAsync(new ListTerminalsRequest { PageToken = "invented" }), StatusCode.InvalidArgument);
    }

    [Test]
    public async Task Pages_hold_every_terminal_once()
    {
        for (var i = 0; i < 7; i++)
        {
            await _world.Terminals.CreateTerminalAsync(new CreateTerminalRequest { TerminalId = $"page-{i}", Terminal = new Terminal { Store = "Paged" } });
        }

        var names = new List<string>();
        var token = string.Empty;
        do
        {
            var page = await _world.Terminals.ListTerminalsAsync(new ListTerminalsRequest { Filter = "store = Paged", PageSize = 3, PageToken = token });
            names.AddRange(page.Terminals.Select(static t => t.Name));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.That(names, Is.EqualTo(Enumerable.Range(0, 7).Select(static i => $"terminals/page-{i}")));
    }

    [Test]
    public async Task Update_changes_what_the_mask_names_and_an_old_etag_is_refused()
    {
        var created = await _world.Terminals.CreateTerminalAsync(
            new CreateTerminalRequest { TerminalId = "update-1", Terminal = new Terminal { Store = "Old", Lane = "1" } });
        var request = new UpdateTerminalRequest
        {
            Terminal = new Terminal { Name = created.Name, Store = "New", Lane = "ignored", Etag = created.Etag },
            UpdateMask = FieldMask.FromString("store"),
        };

        var updated = await _world.Terminals.UpdateTerminalAsync(request);
        var failure = RpcAssert.Fails(() => _world.Terminals.UpdateTerminalAsync(request), StatusCode.Aborted);

        Assert.That((updated.Store, updated.Lane), Is.EqualTo(("New", "1")));
        Assert.That(updated.Etag, Is.Not.EqualTo(created.Etag));
        Assert.That(RpcAssert.Detail<ErrorInfo>(failure).Reason, Is.EqualTo("ETAG_MISMATCH"));
    }

    [TestCase("")]
    [TestCase("state")]
    [TestCase("store,nonsense")]
    public void Bad_mask_is_told(string mask)
    {
        var request = new UpdateTerminalRequest { Terminal = new Terminal { Name = "terminals/any" } };
        if (mask.Length > 0)
        {
            request.UpdateMask = new FieldMask { Paths = { mask.Split(',') } };
        }

        var failure = RpcAssert.Fails(() => _world.Terminals.UpdateTerminalAsync(request), StatusCode.InvalidArgument);
        Assert.That(RpcAssert.FieldOf(failure), Is.EqualTo("update_mask"));
    }

    [Test]
    public async Task Watch_tells_the_present_then_changes_and_goes_on_behind_a_resume_token()
    {
        await _world.Terminals.CreateTerminalAsync(new CreateTerminalRequest { TerminalId = "watch-1", Terminal = new Terminal { Store = "Watched" } });
        string resume;
        using (var call = _world.Terminals.WatchTerminals(new WatchTerminalsRequest { Filter = "store = Watched" }))
        {
            var first = await RpcAssert.NextAsync(call.ResponseStream);
            Assert.That(first.Terminal.Name, Is.EqualTo("terminals/watch-1"));
            resume = first.ResumeToken;
        }

        await _world.Terminals.CreateTerminalAsync(new CreateTerminalRequest { TerminalId = "watch-2", Terminal = new Terminal { Store = "Watched" } });
        using var resumed = _world.Terminals.WatchTerminals(new WatchTerminalsRequest { Filter = "store = Watched", ResumeToken = resume });

        Assert.That((await RpcAssert.NextAsync(resumed.ResponseStream)).Terminal.Name, Is.EqualTo("terminals/watch-2"));
    }

    [Test]
    public async Task Watch_ends_unavailable_when_the_server_stops()
    {
        await using var world = await ServerWorld.StartAsync();
        using var call = world.Terminals.WatchTerminals(new WatchTerminalsRequest());
        await call.ResponseHeadersAsync;
        var end = call.ResponseStream.MoveNext(CancellationToken.None);

        await world.Server.StopAsync();
        var failure = Assert.ThrowsAsync<RpcException>(async () => await end);

        Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(failure.Status.Detail, Does.Contain("resume_token"));
    }

    [Test]
    public void Oversized_message_is_told_as_such()
    {
        var request = new ListTerminalsRequest { Filter = new string('x', 5 * 1024 * 1024) };

        RpcAssert.Fails(() => _world.Terminals.ListTerminalsAsync(request), StatusCode.ResourceExhausted);
    }

    [Test]
    public void Duration_that_is_none_is_told()
    {
        var request = new CreateEnrollmentTokenRequest { Terminal = "terminals/x", Ttl = new Duration { Seconds = long.MaxValue } };

        var failure = RpcAssert.Fails(() => _world.Terminals.CreateEnrollmentTokenAsync(request), StatusCode.InvalidArgument);
        Assert.That(RpcAssert.FieldOf(failure), Is.EqualTo("ttl"));
    }
}
