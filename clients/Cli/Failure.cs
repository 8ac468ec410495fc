using System.CommandLine;
using Marketplace.Chain;
using Marketplace.Crypto;
using Marketplace.Storage;
using Marketplace.Worker;

namespace Marketplace.Cli;

/// <summary>Why a command could not do what it was asked to, as it is shown and as it decides the exit code.</summary>
/// <param name="ExitCode">From <see cref="ExitCodes"/>.</param>
/// <param name="Kind">A word for scripts: the service's error code, or what failed here.</param>
/// <param name="Detail">What was seen and what is allowed.</param>
/// <param name="Advice">What to do next.</param>
/// <param name="Status">The HTTP status, if the service refused.</param>
internal sealed record Failure(int ExitCode, string Kind, string Detail, string? Advice = null, int? Status = null)
{
    /// <summary>What .NET says where the operating system says ENOSPC.</summary>
    private const int NoSpaceLeft = 28;

    /// <summary>A file is in the way that a command would write.</summary>
    public static Failure FileExists(string path) =>
        new(ExitCodes.LocalFile, "local_file", $"{path} exists already.", "--force replaces it.");

    /// <summary>The failure that an exception stands for.</summary>
    /// <param name="command">What failed: advice names its options, and none of others.</param>
    public static Failure Of(Exception exception, Command? command = null) =>
        exception switch
        {
            CommandException known => known.Failure,
            MarketplaceException refused => OfRefusal(refused, command),
            MarketplaceUnreachableException unreachable => new(
                ExitCodes.Unreachable,
                "unreachable",
                unreachable.Message,
                "Run 'market doctor' to see what is wrong. In a cluster, any other silo serves as well: --url URL."
            ),
            MarketplaceProtocolException strange => new(
                ExitCodes.Unreachable,
                "not_understood",
                strange.Message,
                "Run 'market doctor' to see what is wrong."
            ),
            ChainException { InnerException: null or EvmRevertException or AbiException } refused => new(
                ExitCodes.Refused,
                "chain_refused",
                refused.Message,
                "'market chain show' tells the terms of a market's contracts."
            ),
            ChainException or RpcException => new(
                ExitCodes.Unreachable,
                "chain_unreachable",
                exception.Message,
                "Check --rpc, and whether the node runs."
            ),
            OperationCanceledException => new(ExitCodes.Interrupted, "interrupted", "Interrupted."),
            _ => OfData(exception),
        };

    /// <summary>Whether a question failed that the command can do without: the service refused it, or could not be asked.</summary>
    public static bool IsOfService(Exception exception) =>
        exception is MarketplaceException or MarketplaceUnreachableException or MarketplaceProtocolException;

    /// <summary>What files, folders and databases of this machine give; and what no one has thought of.</summary>
    private static Failure OfData(Exception exception) =>
        exception switch
        {
            BlobVerificationException wrong => new(ExitCodes.Damaged, "blob_mismatch", wrong.Message),
            DataFolderException folder => new(
                ExitCodes.LocalFile,
                "data_folder",
                folder.Message,
                "Another folder: --data DIR. Another service: --url URL --key KEY."
            ),
            KeyFileException or VoteLogException => new(ExitCodes.LocalFile, "key_file", exception.Message),
            ExportFileException file => new(ExitCodes.Damaged, "export_file", file.Message, "Copy the file again, or export again."),
            StoreDamagedException or BlobDamagedException or ImportDiffersException or BackupDamagedException => new(
                ExitCodes.Damaged,
                "damaged",
                exception.Message
            ),
            StoreLockedException
            or MoveRefusedException
            or BackupRefusedException
            or CompactionRefusedException
            or StoreUnfinishedException
            or StoreNewerException
            or PostgresSettingsException
            or PostgresSchemaException => new(ExitCodes.LocalFile, "data_cannot_be_used", exception.Message),
            StoreUnavailableException database => new(
                ExitCodes.Unreachable,
                "database",
                database.Message,
                "Check the connection string, and whether the server runs."
            ),
            InsufficientDiskException => new(ExitCodes.LocalFile, "disk_full", exception.Message),
            IOException { HResult: NoSpaceLeft } => new(
                ExitCodes.LocalFile,
                "disk_full",
                exception.Message,
                "Make room on the disk, and run it again."
            ),
            IOException or UnauthorizedAccessException => new(
                ExitCodes.LocalFile,
                "local_file",
                exception.Message,
                "Check the path and its permissions."
            ),
            _ => new(ExitCodes.Bug, "bug", $"This is a bug in market: {exception}", "Please report it with the text above."),
        };

    private static Failure OfRefusal(MarketplaceException refused, Command? command)
    {
        var exitCode = refused.Code switch
        {
            ErrorCode.NotFound
            or ErrorCode.JobNotFound
            or ErrorCode.JobDropped
            or ErrorCode.ProgramNotFound
            or ErrorCode.BlobNotFound
            or ErrorCode.KeyNotFound
            or ErrorCode.AccountNotFound
            or ErrorCode.WorkerNotFound
            or ErrorCode.LeaseNotFound
            or ErrorCode.StakeNotFound
            or ErrorCode.EpochNotFound
            or ErrorCode.SettlementNotFound
            or ErrorCode.BatchNotFound
            or ErrorCode.ReceiptNotFound
            or ErrorCode.DisputeNotFound => ExitCodes.NotFound,
            ErrorCode.BlobMismatch or ErrorCode.BlobDamaged => ExitCodes.Damaged,
            _ => ExitCodes.Refused,
        };
        return new Failure(
            exitCode,
            SnakeCase.Of(refused.Code),
            RefusalWords.Of(refused.Detail),
            Advise(refused, command),
            (int)refused.Status
        );
    }

    private static string? Advise(MarketplaceException refused, Command? command) =>
        refused.Code switch
        {
            ErrorCode.Unauthenticated =>
                "Give a valid key: --key, MARKET_KEY, or the key file of the data folder (--data). 'market doctor' says which one is used.",
            ErrorCode.Forbidden when IsRefusedForItsScopeOnly(command) =>
                "Use a key with this scope; 'market key create NAME --scope SCOPE' makes one, given a key with the scope admin.",
            ErrorCode.InsufficientFunds when HasPriceLimit(command) =>
                "Lower --max-price or --fuel, or wait until running jobs are settled; 'market account show' tells what is held.",
            ErrorCode.InsufficientFunds => "'market account show' tells what is available and what is held.",
            ErrorCode.SpendLimitReached when HasPriceLimit(command) =>
                "Use another key, or lower --max-price; 'market key list' shows each key's limit.",
            ErrorCode.SpendLimitReached => "Use another key; 'market key list' shows each key's limit.",
            ErrorCode.JobNotFound => "'market job list' shows this account's jobs.",
            ErrorCode.JobDropped => "A new --request-id runs it again; a receipt that was fetched in time proves what it cost.",
            ErrorCode.ProgramNotFound => "'market program list' shows this account's programs; 'market program deploy FILE' deploys one.",
            ErrorCode.StateNotEmpty => "'market program deploy FILE --salt TEXT' makes a program of the same module whose state is empty.",
            ErrorCode.StateRootGone => "Leave --root out for the newest state.",
            ErrorCode.ProgramInUse => "'market job list' shows this account's jobs; 'market job cancel ID' ends one.",
            ErrorCode.PriceTooLow =>
                "Raise --max-price, or lower --fuel; without --max-price the job takes the price of the cheapest worker.",
            ErrorCode.ReuseRefused => "Leave out --reuse; the job then runs.",
            ErrorCode.AssuranceRefused =>
                "'market program info ID' says whether the program's runs can be compared; --assurance none always can.",
            ErrorCode.TooManyOpenJobs => "Wait until some of them have ended, or take one back: 'market job list', 'market job cancel ID'.",
            ErrorCode.QueueFull => "Try again later; with the same --request-id no job is made twice.",
            ErrorCode.QuotaExceeded => "'market blob rm ID' and 'market program remove ID' make room.",
            ErrorCode.BlobNotFound => "'market blob list' shows this account's blobs.",
            ErrorCode.KeyNotFound => "'market key list' shows this account's keys.",
            ErrorCode.OutputNotAvailable => "'market job status ID' tells how the job stands.",
            ErrorCode.BlobDamaged => "Run 'market store check' on the machine of the service.",
            ErrorCode.RateLimited or ErrorCode.Unavailable or ErrorCode.OutcomeUnknown => "Try again later.",
            _ => null,
        };

    /// <summary>Elsewhere a refusal may be about whose something is, which no scope changes.</summary>
    private static bool IsRefusedForItsScopeOnly(Command? command) =>
        command?.Parents.FirstOrDefault()?.Name is "job" or "blob" or "program";

    private static bool HasPriceLimit(Command? command) =>
        command is not null && command.Options.Any(option => option.Name == "--max-price");
}

/// <summary>Ends a command with a failure that is known where it is thrown.</summary>
internal sealed class CommandException(Failure failure, Exception? cause = null) : Exception(failure.Detail, cause)
{
    public Failure Failure { get; } = failure;

    /// <summary>What was typed cannot be done.</summary>
    public static CommandException Usage(string detail, string advice) => new(new Failure(ExitCodes.Usage, "usage", detail, advice));
}
