using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Link;

/// <summary>
/// The identity on disk, in <c>identity/</c> of the data directory: <c>enrolment.pb</c> as the server answered, and the
/// <see cref="DeviceKeys"/>. The key is durable before the request leaves and the answer replaces the old one in one rename, so a crash leaves
/// the old identity or the new one. Trust bundle and renewed certificate are in the same file, for the same reason.
/// </summary>
public sealed class IdentityStore(string dataDirectory)
{
    private const string AnswerFile = "enrolment.pb";
    private const string LockFile = "identity.lock";
    private readonly string _folder = Path.Combine(dataDirectory, "identity");
    private readonly DeviceKeys _keys = new(Path.Combine(dataDirectory, "identity"));

    /// <summary>True when an enrolment is there, readable or not.</summary>
    public bool Exists => File.Exists(Path.Combine(_folder, AnswerFile));

    /// <summary>Tells one state of the identity on disk from another; null when there is none.</summary>
    public FileStamp? Stamp
    {
        get
        {
            var file = new FileInfo(Path.Combine(_folder, AnswerFile));
            return file.Exists ? new FileStamp(file.LastWriteTimeUtc.Ticks, file.Length) : null;
        }
    }

    /// <summary>A file of the identity that others on this computer may read; null when there is none.</summary>
    public string? OpenToOthers() => _keys.OpenToOthers();

    /// <summary>
    /// The key that the next certificate is asked for with: one that was asked with before and has not become the identity's, because its
    /// answer may only have been lost, or else a new one that is durable when it is returned.
    /// </summary>
    /// <exception cref="IOException">It could not be made durable.</exception>
    public ECDsa NextKey()
    {
        CreateFolder();
        using var changing = Lock();
        return _keys.Other(OwnKey()) ?? _keys.Create();
    }

    /// <summary>Makes an answer of the server the identity from now on; keys that belong to no identity any more are removed.</summary>
    /// <exception cref="IOException">It could not be made durable; the old identity still holds.</exception>
    public void Save(EnrollResponse answer)
    {
        using var changing = Lock();
        Write(answer);
        _keys.RemoveOthers(KeyOf(answer));
    }

    /// <summary>Replaces the trust bundle by its successor, in one rename. Null when that is done, or was done before.</summary>
    /// <exception cref="IOException">It could not be made durable; the old one still holds.</exception>
    public TrustFault? Pin(SignedEnvelope envelope)
    {
        using var changing = Lock();
        var answer = Read();
        if (envelope.Payload.Equals(answer.TrustBundle.ToByteString()))
        {
            return null;
        }

        if (TrustSuccession.Next(answer.TrustBundle, envelope, out var fault) is { } next)
        {
            answer.TrustBundle = next;
            Write(answer);
        }

        return fault;
    }

    /// <summary>Notes a renewed chain beside the present one. Null when that is done; otherwise what does not fit.</summary>
    /// <exception cref="IOException">It could not be made durable.</exception>
    public string? KeepNext(CertificateIssued issued, DateTimeOffset now)
    {
        using var changing = Lock();
        var answer = Read();
        using var key = _keys.Other(KeyOf(answer));
        if (key is null || issued.CertificateChain.Count == 0)
        {
            return key is null ? "nothing was asked for" : $"the server refused: {issued.Refusal}";
        }

        using var authority = X509CertificateLoader.LoadCertificate(answer.CaCertificate.Span);
        var problem = IssuedCertificate.ProblemOf(issued.CertificateChain, TerminalId.Parse(answer.TerminalId), key.ExportSubjectPublicKeyInfo(), authority, now);
        if (problem is null && !issued.CertificateChain.Equals(answer.NextCertificateChain))
        {
            answer.NextCertificateChain.Clear();
            answer.NextCertificateChain.Add(issued.CertificateChain);
            Write(answer);
        }

        return problem;
    }

    /// <summary>The renewed certificate becomes the identity's and the key of the one before goes; nothing when the identity is another by now.</summary>
    /// <exception cref="IOException">It could not be made durable; both chains are still there.</exception>
    public void ConfirmNext(X509Certificate2 accepted)
    {
        using var changing = Lock();
        var answer = Read();
        if (answer.NextCertificateChain.Count == 0 || !answer.NextCertificateChain[0].Span.SequenceEqual(accepted.RawData))
        {
            return;
        }

        answer.CertificateChain.Clear();
        answer.CertificateChain.Add(answer.NextCertificateChain);
        answer.NextCertificateChain.Clear();
        Write(answer);
        _keys.RemoveOthers(KeyOf(answer));
    }

    /// <summary>Reads the identity; false with the reason and what to do.</summary>
    public bool TryLoad([NotNullWhen(true)] out DeviceIdentity? identity, [NotNullWhen(false)] out string? problem)
    {
        identity = null;
        if (!Exists)
        {
            problem = "not enrolled: run 'fleet-agent enroll' with a token of this terminal";
            return false;
        }

        try
        {
            identity = Load();
            problem = null;
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or InvalidProtocolBufferException or FormatException)
        {
            problem = $"the identity in {_folder} is unreadable ({error.Message}): enrol again with a new token";
            return false;
        }
    }

    /// <summary>Destroys the identity: the keys first, overwritten before they are removed. What is already gone is no error.</summary>
    public void Erase()
    {
        if (!Directory.Exists(_folder))
        {
            return;
        }

        _keys.Erase();
        File.Delete(Path.Combine(_folder, AnswerFile));
        DurableFile.SyncFolder(_folder);
    }

    private DeviceIdentity Load()
    {
        var answer = Read();
        return new DeviceIdentity(
            TerminalId.Parse(answer.TerminalId),
            _keys.CertificateWithKey(answer.CertificateChain[0].Span),
            [.. answer.CertificateChain.Skip(1).Select(static c => X509CertificateLoader.LoadCertificate(c.Span))],
            X509CertificateLoader.LoadCertificate(answer.CaCertificate.Span),
            answer.TrustBundle,
            answer.MqttHost,
            (int)answer.MqttPort)
        {
            EnrolledAt = TimeOf(answer),
            Next = answer.NextCertificateChain.Count > 0 ? _keys.CertificateWithKey(answer.NextCertificateChain[0].Span) : null,
        };
    }

    private static DateTimeOffset? TimeOf(EnrollResponse answer)
    {
        if (answer.Heartbeat is null || Signing.ValidSigners(SigningDomain.Heartbeat, answer.Heartbeat, answer.TrustBundle, TrustedKey.Types.Role.Command).Count == 0)
        {
            return null;
        }

        var heartbeat = Heartbeat.Parser.ParseFrom(answer.Heartbeat.Payload);
        return heartbeat.TerminalId == answer.TerminalId ? DateTimeOffset.UnixEpoch.AddMicroseconds(heartbeat.ServerUnixMicros) : null;
    }

    // The command line and the running agent may change the identity at the same time: what one of them read, the other must not have replaced.
    private FileStream Lock() => new(Path.Combine(dataDirectory, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private EnrollResponse Read()
    {
        var answer = EnrollResponse.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(_folder, AnswerFile)));
        return answer.CertificateChain.Count > 0 ? answer : throw new FormatException("no certificate in it");
    }

    private void Write(EnrollResponse answer) => DurableFile.Write(Path.Combine(_folder, AnswerFile), answer.ToByteArray());

    private static byte[] KeyOf(EnrollResponse answer)
    {
        using var leaf = X509CertificateLoader.LoadCertificate(answer.CertificateChain[0].Span);
        return leaf.PublicKey.ExportSubjectPublicKeyInfo();
    }

    private byte[]? OwnKey()
    {
        try
        {
            return Exists ? KeyOf(Read()) : null;
        }
        catch (Exception error) when (error is CryptographicException or InvalidProtocolBufferException or FormatException)
        {
            // A damaged identity has no key of its own any more.
            return null;
        }
    }

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder);
        }
        else
        {
            const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.CreateDirectory(dataDirectory, owner);
            Directory.CreateDirectory(_folder, owner);
        }
    }
}

/// <summary>State of a file.</summary>
/// <param name="Written">When it was written, in ticks.</param>
/// <param name="Length">In bytes.</param>
public readonly record struct FileStamp(long Written, long Length);
