namespace Marketplace.Grains;

/// <summary>Bounds of one program's state, each with its reason.</summary>
internal static class StatePolicy
{
    /// <summary>
    /// Keys of one program: the directory of their pages, some 100 bytes for 100 keys, is in memory as a whole, and is written with each
    /// checkpoint.
    /// </summary>
    public const int KeysMax = 1_000_000;

    /// <summary>
    /// Bytes of all keys and values of one program, with eight more for each entry: what was not stored yet is in memory, and an export is
    /// read in one go. Larger data belongs into blobs whose ids are the values.
    /// </summary>
    public const long StateBytesMax = 256L * 1024 * 1024;

    /// <summary>
    /// Runs that are kept until their job's end is written. Jobs of a program run one at a time, so more than one is the trace of a crash.
    /// </summary>
    public const int CommittedRunsMax = 16;

    /// <summary>Keys that one list gives, in bytes: they travel in one message. Whole states were never larger in earlier builds.</summary>
    public const int ListBytesMax = 2 * 1024 * 1024;

    /// <summary>Keys of one page for people, in bytes: as text and as hexadecimal digits they take seven times as much.</summary>
    public const int ShownKeysBytesMax = 512 * 1024;

    /// <summary>
    /// Entries of one exported chunk, in bytes, unless it has one entry: one answer, and one entry of the log where it is imported.
    /// </summary>
    public const int ExportBytesMax = 1024 * 1024;

    /// <summary>
    /// Commits between two checkpoints have at least so many bytes; after so many more it is asked again whether one is due.
    /// </summary>
    public const int CheckpointEventBytesMin = 256 * 1024;

    /// <summary>Commits between two checkpoints have at most so many bytes: a start, or a look at an old root, applies them anew.</summary>
    public const int CheckpointEventBytesMax = 16 * 1024 * 1024;

    /// <summary>Pages that changed since the last checkpoint have at most so many bytes, because they are in memory.</summary>
    public const long UnstoredBytesMax = 128L * 1024 * 1024;

    /// <summary>The newest roots can be read whatever their age: who checks a run of a quiet program may come late.</summary>
    public const int RootsMin = 1024;

    /// <summary>Other roots can be read for so long: longer than any run may take, and time to repeat it elsewhere.</summary>
    public static readonly TimeSpan RootsKeptFor = TimeSpan.FromHours(1);

    /// <summary>More roots are not kept, whatever their age: their list is written with each checkpoint, 48 bytes each.</summary>
    public const int RootsMax = 4096;

    /// <summary>Pages that only older roots need have at most so many bytes, four whole states; beyond it the oldest roots go.</summary>
    public const long ReplacedBytesMax = 4 * StateBytesMax;

    /// <summary>Old roots whose trees are in memory: readers of one run ask for one root again and again.</summary>
    public const int ViewsMax = 4;
}
