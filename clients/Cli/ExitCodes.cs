namespace Marketplace.Cli;

/// <summary>How a command ends, for scripts: the closed list. Shown by <c>market --help</c>.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>The job ended, but not completed; or the doctor found something wrong.</summary>
    public const int NotCompleted = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The service cannot be reached, or something else listens there.</summary>
    public const int Unreachable = 3;

    /// <summary>The service refused.</summary>
    public const int Refused = 4;

    /// <summary>There is no such job, program, blob or key.</summary>
    public const int NotFound = 5;

    /// <summary>Bytes do not match their id, a receipt does not hold, or a store is damaged.</summary>
    public const int Damaged = 6;

    /// <summary>A file or folder of this machine, or a database, cannot be used.</summary>
    public const int LocalFile = 7;

    /// <summary>A fault of this program.</summary>
    public const int Bug = 8;

    /// <summary>Interrupted by Ctrl-C: what shells give for it.</summary>
    public const int Interrupted = 130;

    public const string Help = """
        Exit codes:
          0    ok
          1    the job ended without completing, or the doctor found something wrong
          2    wrong usage
          3    the service cannot be reached
          4    the service refused
          5    no such job, program, blob or key
          6    bytes do not match their id, a receipt does not hold, or the store is damaged
          7    a file, folder or database cannot be used
          8    a fault of this program
          130  interrupted
        """;
}
