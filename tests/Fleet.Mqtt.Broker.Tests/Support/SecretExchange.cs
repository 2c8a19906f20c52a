using System.Security.Cryptography;
using System.Text;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Client;

namespace Fleet.Mqtt.Broker.Tests.Support;

/// <summary>A method in which each side proves to know a shared secret: nonce of the client, nonce of the server, proof of the client, proof of the server.</summary>
internal static class SecretExchange
{
    public const string Method = "TEST-HMAC";

    private const int NonceLength = 16;

    private static byte[] Proof(string secret, string who, params byte[][] nonces) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. Encoding.UTF8.GetBytes(who), .. nonces.SelectMany(static n => n)]);

    /// <summary>The server: identity is the client identifier, or what <see cref="Name"/> says.</summary>
    internal sealed class Server(string secret) : IMqttEnhancedAuthenticator
    {
        public string Method => SecretExchange.Method;

        public string? Name { get; set; }

        /// <summary>Exchanges begun and not disposed.</summary>
        public int Open { get; private set; }

        public IMqttAuthenticationExchange Begin(MqttConnectRequest request)
        {
            Open++;
            return new Exchange(this, request.ClientId);
        }

        private sealed class Exchange(Server owner, string clientId) : IMqttAuthenticationExchange
        {
            private readonly byte[] _nonce = RandomNumberGenerator.GetBytes(NonceLength);
            private byte[]? _theirs;
            private bool _disposed;

            public ValueTask<MqttAuthenticationStep> NextAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken) => ValueTask.FromResult(Next(data?.ToArray() ?? []));

            public void Dispose()
            {
                owner.Open -= _disposed ? 0 : 1;
                _disposed = true;
            }

            private MqttAuthenticationStep Next(byte[] data)
            {
                if (_theirs is null)
                {
                    _theirs = data;
                    return MqttAuthenticationStep.Challenge(_nonce);
                }

                return CryptographicOperations.FixedTimeEquals(data, Proof(owner.Secret, "client", _theirs, _nonce))
                    ? MqttAuthenticationStep.Accept(new MqttIdentity(owner.Name ?? clientId), Proof(owner.Secret, "server", _theirs, _nonce))
                    : MqttAuthenticationStep.Refuse(MqttReasonCode.NotAuthorized, "wrong proof");
            }
        }

        private string Secret => secret;
    }

    /// <summary>The client; it trusts a server only that knows the secret too.</summary>
    internal sealed class Client(string secret) : IMqttClientAuthentication
    {
        private byte[] _nonce = [];
        private byte[] _theirs = [];

        public string Method => SecretExchange.Method;

        public int Completed { get; private set; }

        public ReadOnlyMemory<byte>? Begin() => _nonce = RandomNumberGenerator.GetBytes(NonceLength);

        public ValueTask<ReadOnlyMemory<byte>?> RespondAsync(ReadOnlyMemory<byte>? challenge, CancellationToken cancellationToken)
        {
            _theirs = challenge?.ToArray() ?? [];
            return ValueTask.FromResult<ReadOnlyMemory<byte>?>(Proof(secret, "client", _nonce, _theirs));
        }

        public void Complete(ReadOnlyMemory<byte>? data)
        {
            if (!CryptographicOperations.FixedTimeEquals(data?.ToArray() ?? [], Proof(secret, "server", _nonce, _theirs)))
            {
                throw new CryptographicException("The server does not know the secret.");
            }

            Completed++;
        }
    }
}
