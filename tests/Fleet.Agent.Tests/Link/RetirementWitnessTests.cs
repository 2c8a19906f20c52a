using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Link;

public sealed class RetirementWitnessTests
{
    [Test]
    public async Task Refusal_as_retired_is_proof_and_any_other_is_none()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority();
        var store = Enrolled(folder, authority);
        var link = new MemoryFleetLink();
        var seen = new RetirementWitness(link, store).SeenAsync(CancellationToken.None);

        link.Connect();
        link.Lose();
        link.Refuse("Server refused the connection: NotAuthorized");
        Assert.That(seen.IsCompleted, Is.False);

        link.Refuse($"Server refused the connection: NotAuthorized {ReasonCodes.RetiredContact}");
        await seen.WaitAsync(Eventually.Bound, TimeProvider.System, CancellationToken.None);
    }

    [Test]
    public async Task Identity_that_is_gone_leaves_nothing_to_wait_for()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority();
        var store = Enrolled(folder, authority);
        store.Erase();

        await new RetirementWitness(new MemoryFleetLink(), store).SeenAsync(CancellationToken.None).WaitAsync(Eventually.Bound, TimeProvider.System, CancellationToken.None);
    }

    private static IdentityStore Enrolled(TemporaryFolder folder, TestAuthority authority)
    {
        var store = new IdentityStore(folder.Path);
        using var key = store.NextKey();
        var request = new CertificateRequest("CN=lane-1", key, HashAlgorithmName.SHA256);
        store.Save(authority.Answer(new EnrollRequest { CertificateRequest = ByteString.CopyFrom(request.CreateSigningRequest()) }, TerminalId.Parse("lane-1")));
        return store;
    }
}
