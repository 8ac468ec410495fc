namespace Marketplace.Engine.Guests;

/// <summary>Every bound of the guest ABIs and what host calls cost, with the reasons. A change here changes receipts.</summary>
public static class GuestPolicy
{
    /// <summary>
    /// Guests that run at once on the threads that all programs share. More than processors, because guests also wait for state and blobs;
    /// a worker that wants another number runs its guests on <see cref="GuestThreads"/> of its own.
    /// </summary>
    public static readonly int SharedThreads = Math.Max(8, 2 * Environment.ProcessorCount);

    /// <summary>The entry point of a job that names none, where the program has several: the name that ONVM's samples export.</summary>
    public const string DefaultEntryPoint = "onvm_main";

    /// <summary>Entry points of one module; each is kept in the program's record and shown to people.</summary>
    public const int EntryPointsMax = 256;

    /// <summary>Bytes of an entry point's name, which also stands in job specs.</summary>
    public const int EntryPointNameBytesMax = JobLimits.EntryPointNameBytesMax;

    /// <summary>As long as a path or a URL gets in practice; state trees hash the key, so longer ones would only cost.</summary>
    public const int StateKeyBytesMax = ProgramLimits.StateKeyBytesMax;

    /// <summary>It travels in one report and one write; larger data belongs into a blob whose id is the value.</summary>
    public const int StateValueBytesMax = ProgramLimits.StateValueBytesMax;

    /// <summary>Keys that one run may write: each costs the committing grain a path of the state tree.</summary>
    public const int StateWritesMax = 4096;

    /// <summary>
    /// Keys and values that one run may write together: the largest value under the longest key. They travel in the worker's report, and
    /// the commit is one durable write of them and the job's result.
    /// </summary>
    public const int StateWriteBytesMax = StateValueBytesMax + StateKeyBytesMax;

    /// <summary>The text of a blob's id, with spaces around its digits: what is longer is no id, and not looked at.</summary>
    public const int BlobIdBytesMax = 1024;

    /// <summary>A blob that a guest may read: the worker fetches it whole, because only the whole can be compared with its id.</summary>
    public const int BlobBytesMax = JobLimits.InputBytesMax;

    /// <summary>Arguments of a command; a shell's line is rarely longer.</summary>
    public const int ArgumentsMax = 1024;

    /// <summary>Bytes of all arguments with their ends: they are copied into the guest's memory by its start-up code.</summary>
    public const int ArgumentBytesMax = 64 << 10;

    /// <summary>WASI lists of buffers: the value of IOV_MAX on Linux, which portable programs already stay under.</summary>
    public const int BuffersMax = 1024;

    /// <summary>Where a command finds the files that came with its job; nothing there can be changed.</summary>
    public const string InputDirectory = "/in";

    /// <summary>The files that are here when a program ends well are part of what it gives back.</summary>
    public const string OutputDirectory = "/out";

    /// <summary>
    /// Where programs look for room to work in. What is there at the end is dropped, as is all outside of <see cref="OutputDirectory"/>.
    /// </summary>
    public const string ScratchDirectory = "/tmp";

    /// <summary>Open descriptors: what a shell on Linux allows a program.</summary>
    public const int DescriptorsMax = 1024;

    /// <summary>
    /// Files, directories and links that a run may have beside its inputs, about 200 bytes of the host's memory each, and 4 KiB where there
    /// is anything in a file.
    /// </summary>
    public const int FilesMax = 16_384;

    /// <summary>
    /// Bytes of all files that a run writes, with those that the host keeps of symbolic links: as much as its output may have; they are in
    /// the worker's memory. Files in <see cref="OutputDirectory"/> have no more together, each counted as often as it has names there.
    /// </summary>
    public const int FileBytesMax = JobLimits.OutputBytesMax;

    /// <summary>Files that come with a job: each is a blob that the worker fetches before the run.</summary>
    public const int InputFilesMax = 1024;

    /// <summary>Files that a job gives back: each becomes a blob and an entry of the job's record.</summary>
    public const int OutputFilesMax = JobLimits.FilesMax;

    /// <summary>A name in a directory, as on Linux; also the whole path of a file that enters or leaves a job.</summary>
    public const int FileNameBytesMax = 255;

    /// <summary>A path in one call, as PATH_MAX on Linux.</summary>
    public const int PathBytesMax = 4096;

    /// <summary>Directories in each other: deeper than any source tree, and short enough to climb in one call.</summary>
    public const int FileDepthMax = 64;

    /// <summary>Symbolic links followed for one path, as on Linux.</summary>
    public const int FollowedLinksMax = 40;

    /// <summary>Subscriptions of one poll: as many as descriptors.</summary>
    public const int SubscriptionsMax = 1024;

    // What host calls cost. Compiled guests run at 3 to 20 instructions in a nanosecond; the prices take five, rounded up, for the times
    // measured on one core of the same machine, so that no host call is cheaper than the time it takes from others.

    /// <summary>Entering and leaving the host: 30 ns.</summary>
    public const int FuelPerCall = 200;

    /// <summary>Bytes moved for one instruction: as for memory.copy.</summary>
    public const int BytesPerCopyFuel = EnginePolicy.BulkBytesPerFuel;

    /// <summary>ChaCha20, one block at a time: 2.2 ns a byte.</summary>
    public const int FuelPerRandomByte = 10;

    /// <summary>SHA-256: 0.5 ns a byte with the processor's instructions, about 2.5 ns without; priced for those without.</summary>
    public const int FuelPerSha256Byte = 12;

    /// <summary>Keccak-256: 1.7 ns a byte; priced for 6 ns, so that a run costs the same on all versions.</summary>
    public const int FuelPerKeccakByte = 30;

    /// <summary>An ECDSA signature verified or its key recovered: 400 us.</summary>
    public const int FuelPerSignature = 2_000_000;

    /// <summary>A look-up of a key, a list of keys or a blob: the market's store answers in a few microseconds.</summary>
    public const int FuelPerLookup = 10_000;

    /// <summary>One key of a listing: copied, compared and sorted.</summary>
    public const int FuelPerListedKey = 200;

    /// <summary>One name of a path: looked up in a directory, 40 ns.</summary>
    public const int FuelPerPathStep = 200;

    /// <summary>A new file, directory or link: objects of the host, 200 ns with what collecting them costs.</summary>
    public const int FuelPerNewFile = 1000;

    /// <summary>A byte by which a file grows or that a symbolic link's target takes: memory of the host is cleared, 0.2 ns.</summary>
    public const int FuelPerFileByte = 1;

    /// <summary>A state root: the walk to the root, whatever was written.</summary>
    public const int FuelPerRoot = 20_000;

    /// <summary>Each pending write in a state root: one path of hashes.</summary>
    public const int FuelPerRootWrite = 10_000;
}
