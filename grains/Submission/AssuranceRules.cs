using System.Collections.Frozen;
using Marketplace.Engine.Guests;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Which jobs can be had with which assurance. Pure; the messages are for the client.</summary>
internal static class AssuranceRules
{
    /// <summary>The kinds that this market carries out. A kind that is not here is refused: it would be paid for and not done.</summary>
    public static readonly FrozenSet<AssuranceKind> Offered = FrozenSet.Create(Enum.GetValues<AssuranceKind>());

    /// <summary>Whether the job's own terms go together.</summary>
    public static Refusal? Check(JobSpec spec)
    {
        if (spec.Assurance.IsNone)
        {
            return null;
        }
        if (spec.Auction > TimeSpan.Zero)
        {
            return Refuse(
                $"The job has an auction and the assurance {spec.Assurance}. An auction finds one worker: leave out auctionMs "
                    + "or the assurance."
            );
        }
        return spec.Group is null
            ? null
            : Refuse(
                $"The job has a group and the assurance {spec.Assurance}. Its runs go to workers of different owners anyway: "
                    + "leave out group or the assurance."
            );
    }

    /// <summary>Whether a new job can be had so. A job that exists is not asked again: what it was promised stays.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="imports">Those of its program.</param>
    /// <param name="offered">See <see cref="Offered"/>.</param>
    /// <param name="usesState">Whether it keeps state.</param>
    public static Refusal? CheckNew(JobSpec spec, IEnumerable<string> imports, FrozenSet<AssuranceKind> offered, bool usesState = false)
    {
        var assurance = spec.Assurance;
        if (assurance.IsNone)
        {
            return null;
        }
        if (!offered.Contains(assurance.Kind))
        {
            return Refuse(
                $"This market does not offer {Word(assurance.Kind)} yet. It offers: {string.Join(", ", offered.Order().Select(Word))}."
            );
        }
        if (assurance.Kind == AssuranceKind.Committee && usesState)
        {
            // The state is committed before the committee signs, so a crash in between would leave it changed by a job without a signature.
            return Refuse($"The program keeps state; a job of it can be had with none, audit or quorum, not with {assurance}.");
        }
        // An audit may be had for any program: there is one result to take, and a rare comparison that then proves nothing. A quorum of
        // such a program might never agree.
        return assurance.Kind > AssuranceKind.Audit && GuestDeterminism.ReasonAgainst(imports) is { } reason
            ? Refuse(
                $"The runs of this program can differ though no worker lies: {reason}. It can be had with none or audit, not "
                    + $"with {assurance}."
            )
            : null;
    }

    private static Refusal Refuse(string message) => new(ErrorCode.AssuranceRefused, message);

    private static string Word(AssuranceKind kind) => kind.ToString().ToLowerInvariant();
}
