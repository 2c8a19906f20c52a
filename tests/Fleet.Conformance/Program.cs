using Fleet.Conformance;
using Fleet.Conformance.Mqtt;

// Bare hosts for other people's suites: no product, only the protocol.
Verb[] verbs =
[
    .. MqttVerbs.All,
    .. GrpcVerbs.All,
];

return await Verb.DispatchAsync(verbs, args);
