using Marketplace.Gateway;

namespace Marketplace.Silo;

/// <summary>
/// The workers that this operator lets in: any, or those in the file <c>known-workers</c> of the data folder, one key a line, with comments
/// after <c>#</c>. The file is read at each connection, so a change counts at once; a worker that is connected stays. What the operator has
/// decided of a worker one by one comes before it (<see cref="WorkerAdmissions"/>).
/// </summary>
internal sealed partial class KnownWorkers(SiloOptions options, SiloFolder folder, ILogger<KnownWorkers> log) : IWorkerAdmission
{
    public const string FileName = "known-workers";

    /// <summary>Ten thousand keys with comments; a larger file is none that a person keeps.</summary>
    internal const long FileBytesMax = 1 << 20;

    private readonly string _file = Path.Combine(folder.Path, FileName);

    public bool IsForKnownOnly => options.AdmitsKnownOnly;

    public bool LetsIn(WorkerId worker) => !options.AdmitsKnownOnly || IsKnown(worker);

    private bool IsKnown(WorkerId worker)
    {
        try
        {
            var file = new FileInfo(_file);
            if (!file.Exists)
            {
                return false;
            }
            if (file.Length > FileBytesMax)
            {
                LogUnusable(_file, $"it has {file.Length} bytes; allowed: {FileBytesMax}");
                return false;
            }
            return File.ReadLines(_file).Any(line => line.Split('#')[0].Trim() == worker.ToString());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            LogUnusable(_file, failure.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} cannot be used, so no worker is known: {Reason}")]
    private partial void LogUnusable(string file, string reason);
}
