using System.Collections.Immutable;
using Marketplace.Verify.Sim;

namespace Marketplace.Verify.Liars;

/// <summary>What a safeguard does against liars, shown by its absence.</summary>
/// <param name="Safeguard">What is taken out.</param>
/// <param name="Arguments">The run in which that is seen.</param>
/// <param name="Figure">What must become more: a member of a level's row.</param>
internal sealed record LiarsControl(Safeguard Safeguard, ImmutableArray<string> Arguments, string Figure)
{
    private const string Jobs = "500";

    public static ImmutableArray<LiarsControl> All { get; } =
    [
        new(
            new Safeguard(
                "sealed",
                "grains/Market/Panel.cs",
                "public virtual bool IsSealed => Assurance.Kind is AssuranceKind.Quorum or AssuranceKind.Committee;",
                "public virtual bool IsSealed => Assurance.Kind == AssuranceKind.Committee;",
                "A worker that hears what others tell copies it and is paid."
            ),
            ["--n", Jobs, "--level", "quorum:2/3"],
            "copied_paid"
        ),
        new(
            new Safeguard(
                "sealed-committee",
                "grains/Market/Panel.cs",
                "public virtual bool IsSealed => Assurance.Kind is AssuranceKind.Quorum or AssuranceKind.Committee;",
                "public virtual bool IsSealed => Assurance.Kind == AssuranceKind.Quorum;",
                "A member of a committee that hears what others tell copies it and is paid."
            ),
            ["--n", Jobs, "--level", "committee:5"],
            "copied_paid"
        ),
        new(
            Sim("one-owner"),
            ["--n", Jobs, "--level", "quorum:2/3", "--colluding", "30", "--lazy", "0", "--random", "0", "--owners", "1"],
            "wrong"
        ),
        new(
            new Safeguard(
                "any-offer",
                "grains/Market/MarketOffers.cs",
                "return found.Count == 0 ? null : found[(int)(chance.Next() * found.Count)];",
                "return found.Count == 0 ? null : found[0];",
                "Workers that ask little have as many seats as they like."
            ),
            ["--n", Jobs, "--level", "quorum:2/3", "--colluding", "30", "--lazy", "0", "--random", "0", "--liar-price", "99"],
            "wrong"
        ),
    ];

    private static Safeguard Sim(string name) => Safeguards.All.Single(safeguard => safeguard.Name == name);
}
