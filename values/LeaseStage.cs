using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>How far a worker has come with a lease, as its heartbeats tell. A lease only goes forward.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<LeaseStage>))]
public enum LeaseStage
{
    /// <summary>Not told: from a silo or a worker that does not tell it yet.</summary>
    Unstated = 0,

    /// <summary>Waits for a slot: nothing was done for it.</summary>
    Waiting = 1,

    /// <summary>Module and input are fetched and verified.</summary>
    SettingUp = 2,

    /// <summary>The program runs.</summary>
    Running = 3,

    /// <summary>The run has ended; outputs and report are on their way.</summary>
    Reporting = 4,
}
