using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>Whose doing the end was, which decides who pays.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<JobFault>))]
public enum JobFault
{
    /// <summary>It completed: the client pays for the fuel used.</summary>
    None = 0,

    /// <summary>The program trapped, failed or reached a limit: the client pays for the fuel used.</summary>
    Program = 1,

    /// <summary>Every attempt failed on the workers' side: nothing is paid.</summary>
    Worker = 2,

    /// <summary>The module or an input could not be fetched: nothing is paid.</summary>
    Input = 3,

    /// <summary>No worker took the job in time: nothing is paid.</summary>
    NoWorker = 4,

    /// <summary>The client cancelled it: nothing is paid.</summary>
    Client = 5,
}
