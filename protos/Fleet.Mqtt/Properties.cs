using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Fleet.Mqtt.Broker")]
[assembly: InternalsVisibleTo("Fleet.Mqtt.Tests")]
[assembly: InternalsVisibleTo("Fleet.Mqtt.Broker.Tests")]
