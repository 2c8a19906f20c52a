namespace Fleet.Server.Trust;

/// <summary>Where agents connect once they are enrolled, and where they enrol.</summary>
public interface IAgentsDoor
{
    /// <summary>Host and port of the MQTT endpoint.</summary>
    Uri Agents { get; }

    /// <summary>Host and port of the enrolment endpoint.</summary>
    Uri Enrollment { get; }
}
