using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Why a reputation refuses an appeal or a decision.</summary>
internal static class ReputationRefusals
{
    public static void RequireForm(AppealRequest request)
    {
        AccountRefusals.RequireRequestId(request.RequestId, MarketLimits.RequestIdBytesMax);
        if (request.Jobs.IsDefaultOrEmpty || request.Jobs.Length > MarketLimits.FaultsMax)
        {
            var count = request.Jobs.IsDefault ? 0 : request.Jobs.Length;
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The appeal names {count} jobs; allowed are 1 to {MarketLimits.FaultsMax}."
            );
        }
        RequireWords(request.Words);
    }

    public static void RequireWords(string words)
    {
        var size = Encoding.UTF8.GetByteCount(words);
        if (size is 0 or > MarketLimits.WordsBytesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The words have {size} bytes; allowed are 1 to {MarketLimits.WordsBytesMax}."
            );
        }
    }

    public static void RequireSame(Appeal known, AppealRequest request)
    {
        var jobs = known.Faults.Select(fault => fault.Job).ToHashSet();
        if (known.Words != request.Words || !jobs.SetEquals(request.Jobs))
        {
            throw new MarketException(
                ErrorCode.RequestIdReused,
                $"The request id '{request.RequestId}' belongs to another appeal, of {known.At:O}. Use another one for another appeal."
            );
        }
    }

    public static void RequireRoom(ReputationState state)
    {
        var open = state.Appeals.Count(appeal => appeal.Decision is null);
        if (open >= ReputationPolicy.OpenAppealsMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"{open} appeals wait for the operator's decision; allowed are {ReputationPolicy.OpenAppealsMax}. Wait for one of them."
            );
        }
    }

    public static void RequireFaults(ReputationState state, AppealRequest request)
    {
        var faults = state.Faults.Where(fault => fault.Weight > 0).Select(fault => fault.Fault.Job).ToHashSet();
        foreach (var unknown in request.Jobs.Where(job => !faults.Contains(job)))
        {
            throw new MarketException(
                ErrorCode.AppealRefused,
                $"Job {unknown} is none of the {faults.Count} faults that are kept and still count. Name jobs that the score lists."
            );
        }
    }

    public static MarketException NoAppeal(string requestId) =>
        new(ErrorCode.AppealRefused, $"There is no appeal '{requestId}'. The worker's score lists those that there are.");

    public static MarketException Decided(Appeal appeal) =>
        new(
            ErrorCode.AppealRefused,
            $"The appeal '{appeal.RequestId}' was {(appeal.Decision!.Granted ? "granted" : "refused")} at {appeal.DecidedAt:O}; a decision "
                + "stays."
        );
}
