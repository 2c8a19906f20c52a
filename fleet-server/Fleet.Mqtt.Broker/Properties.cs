using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Fleet.Mqtt.Broker.Tests")]
