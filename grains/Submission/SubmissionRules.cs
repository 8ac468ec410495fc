using System.Text;
using Marketplace.Engine.Guests;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What one job of a batch may ask for. Pure; the messages are for the client.</summary>
internal static class SubmissionRules
{
    /// <returns>Null where the item is within every limit; <see cref="CheckPrice"/> is asked after that.</returns>
    public static Refusal? Check(SubmitItem item)
    {
        var spec = item.Spec;
        return CheckSize("requestId", Utf8Size(item.RequestId), 1, MarketLimits.RequestIdBytesMax)
            ?? (spec.EntryPoint is { } entry ? CheckSize("entryPoint", Utf8Size(entry), 1, JobLimits.EntryPointNameBytesMax) : null)
            ?? CheckSize("input", spec.Input.Length, 0, MarketLimits.InlineBytesMax)
            ?? (
                spec.InputBlob is not null && !spec.Input.IsEmpty
                    ? new Refusal(ErrorCode.MalformedRequest, "The job has an inline input and an input blob; send one of them.")
                    : null
            )
            ?? CheckArguments(spec)
            ?? CheckEnvironment(spec)
            ?? CheckFiles(spec)
            ?? NeedsRules.Check(spec.Needs)
            ?? CheckPriority(spec.Priority)
            ?? CheckAuction(spec)
            ?? CheckGroup(spec.Group)
            ?? AssuranceRules.Check(spec)
            ?? CheckNumber("fuelMax", spec.FuelMax, 1, MarketLimits.FuelMax)
            ?? CheckNumber("memoryPagesMax", spec.MemoryPagesMax, 1, MarketLimits.MemoryPagesMax)
            ?? CheckNumber(
                "timeMax in milliseconds",
                (long)spec.TimeMax.TotalMilliseconds,
                (long)SubmissionPolicy.TimeMin.TotalMilliseconds,
                (long)MarketLimits.TimeMax.TotalMilliseconds
            )
            ?? CheckNumber("retriesMax", spec.RetriesMax, 0, MarketLimits.RetriesMax)
            ?? CheckNumber(
                "expiresAfter in milliseconds",
                (long)spec.ExpiresAfter.TotalMilliseconds,
                1,
                (long)MarketLimits.ExpiresAfterMax.TotalMilliseconds
            );
    }

    /// <summary>What was left out is 0, and counts as 1.</summary>
    private static Refusal? CheckPriority(int priority) =>
        priority == 0 ? null : CheckNumber("priority", priority, 1, JobLimits.PriorityMax);

    private static Refusal? CheckGroup(JobGroupTerms? group) =>
        group is null ? null
        : !Enum.IsDefined(group.Spread)
            ? new Refusal(ErrorCode.MalformedRequest, $"The group spreads over {group.Spread}, which is unknown.")
        : CheckSize("group", Utf8Size(group.Name), 1, MarketLimits.GroupBytesMax);

    private static Refusal? CheckAuction(JobSpec spec) =>
        spec.Auction == TimeSpan.Zero
            ? null
            : CheckNumber(
                "auction in milliseconds",
                (long)spec.Auction.TotalMilliseconds,
                (long)MarketLimits.AuctionMin.TotalMilliseconds,
                (long)MarketLimits.AuctionMax.TotalMilliseconds
            );

    /// <returns>Null where the program has the entry point that the job names, or exactly one when it names none.</returns>
    public static Refusal? CheckEntryPoint(JobSpec spec, ProgramView program)
    {
        if (spec.EntryPoint is { } named)
        {
            return program.EntryPoints.Contains(named)
                ? null
                : new Refusal(ErrorCode.EntryPointNotFound, $"The program has no entry point '{Shown(named)}'. It has: {Listed(program)}.");
        }

        return program.EntryPoints.Length == 1 || program.Abi == "wasi_command"
            ? null
            : new Refusal(
                ErrorCode.EntryPointNotFound,
                $"The program has {program.EntryPoints.Length} entry points; name one of: {Listed(program)}."
            );
    }

    public static Refusal MissingInput(BlobId blob) =>
        new(ErrorCode.BlobNotFound, $"There is no blob {blob} of this account. Upload the input first.");

    /// <summary>Without this a worker would fetch all of it before it could refuse, and would not be paid for that.</summary>
    public static Refusal? CheckInputSize(string what, long size) => CheckNumber($"{what} in bytes", size, 0, JobLimits.InputBytesMax);

    /// <summary>
    /// No offer can ask less than the least price. A job with a lower limit would wait in vain until it expires. Each seat of an assured
    /// job may cost an equal part of the limit, rounded down.
    /// </summary>
    public static Refusal? CheckPrice(JobSpec spec)
    {
        var seat = FuelPrice.Of(spec.FuelMax, FuelPrice.Least * (uint)Math.Max(1, spec.Priority));
        var least = seat * (uint)spec.Assurance.Seats;
        if (spec.PriceMax >= least)
        {
            return null;
        }
        var runs = spec.Assurance.IsNone ? "" : $", and {spec.Assurance} may take {spec.Assurance.Seats} runs";
        return new Refusal(
            ErrorCode.PriceTooLow,
            $"priceMax is {spec.PriceMax}; no worker may run {spec.FuelMax} fuel for less than {seat}{runs}. "
                + $"Raise priceMax to {least} or more, or lower fuelMax."
        );
    }

    private static Refusal? CheckArguments(JobSpec spec)
    {
        if (spec.Arguments.IsDefault)
        {
            return new Refusal(ErrorCode.MalformedRequest, "The job's arguments are missing; send an empty list for none.");
        }
        return CheckSize("arguments", spec.Arguments.Length, 0, MarketLimits.ArgumentsMax, "items")
            ?? CheckSize("arguments together", spec.Arguments.Sum(Utf8Size), 0, MarketLimits.ArgumentBytesMax)
            ?? (
                spec.Arguments.Any(argument => argument.Contains('\0'))
                    ? new Refusal(ErrorCode.MalformedRequest, "An argument has a zero character, which WASI takes for its end.")
                    : null
            );
    }

    private static Refusal? CheckEnvironment(JobSpec spec)
    {
        if (spec.Environment.IsDefaultOrEmpty)
        {
            return null;
        }
        return CheckSize("environment", spec.Environment.Length, 0, MarketLimits.EnvironmentVariablesMax, "variables")
            ?? CheckSize(
                "environment together",
                spec.Environment.Sum(variable => Utf8Size(variable.Name) + Utf8Size(variable.Value)),
                0,
                MarketLimits.EnvironmentBytesMax
            )
            ?? (
                spec.Environment.Any(variable =>
                    variable.Name is "" || variable.Name.AsSpan().ContainsAny('=', '\0') || variable.Value.Contains('\0')
                )
                    ? new Refusal(
                        ErrorCode.MalformedRequest,
                        "A variable of the environment has no name, an equals sign in its name, or a zero character, which WASI takes "
                            + "for its end."
                    )
                    : null
            )
            ?? (
                spec.Environment.DistinctBy(variable => variable.Name).Count() < spec.Environment.Length
                    ? new Refusal(ErrorCode.MalformedRequest, "Two variables of the environment have the same name.")
                    : null
            );
    }

    private static Refusal? CheckFiles(JobSpec spec)
    {
        if (spec.Files.IsDefaultOrEmpty)
        {
            return null;
        }
        if (CheckSize("inputFiles", spec.Files.Length, 0, MarketLimits.JobFilesMax, "files") is { } tooMany)
        {
            return tooMany;
        }
        var names = spec.Files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (!GuestFile.IsName(name))
            {
                return new Refusal(
                    ErrorCode.MalformedRequest,
                    $"'{Shown(name)}' cannot be a file's name: it is no relative path of at most "
                        + $"{GuestPolicy.FileNameBytesMax} bytes without empty, '.' and '..' parts, control characters and backslashes."
                );
            }
            for (var end = name.LastIndexOf('/'); end > 0; end = name.LastIndexOf('/', end - 1))
            {
                if (names.Contains(name[..end]))
                {
                    return new Refusal(ErrorCode.MalformedRequest, $"'{Shown(name)}' is under a file.");
                }
            }
        }

        return names.Count == spec.Files.Length
            ? null
            : new Refusal(ErrorCode.MalformedRequest, "Two files of the job have the same name.");
    }

    private static int Utf8Size(string text) => Encoding.UTF8.GetByteCount(text);

    private static Refusal? CheckSize(string what, int size, int min, int max, string unit = "bytes") =>
        size >= min && size <= max ? null : new Refusal(ErrorCode.LimitExceeded, $"{what} has {size} {unit}; allowed are {min} to {max}.");

    private static Refusal? CheckNumber(string what, long value, long min, long max) =>
        value >= min && value <= max ? null : new Refusal(ErrorCode.LimitExceeded, $"{what} is {value}; allowed are {min} to {max}.");

    private static string Shown(string text) => JobPolicy.Cut(text, JobPolicy.NoteCharsMax)!;

    private static string Listed(ProgramView program) =>
        program.EntryPoints.IsEmpty ? "none" : JobPolicy.Cut(string.Join(", ", program.EntryPoints), JobPolicy.NoteCharsMax)!;
}

/// <summary>Why an item is refused, and when it may be sent again; null where that is not known.</summary>
internal sealed record Refusal(ErrorCode Code, string Message, TimeSpan? RetryAfter = null);
