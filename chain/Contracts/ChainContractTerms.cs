namespace Marketplace.Chain;

/// <summary>What a market chooses when it creates its contracts, for ever (contracts/evm/src/IEscrow.sol). The escrow refuses what makes no
/// sense.</summary>
public sealed record ChainContractTerms
{
    /// <summary>How long an epoch of the committee lasts.</summary>
    public TimeSpan EpochLength { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a stake that was taken back can still be slashed.</summary>
    public TimeSpan UnbondingDelay { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a withdrawal of a deposit waits at least; it waits for a settlement that has counted it in any case.</summary>
    public TimeSpan WithdrawalDelay { get; init; } = TimeSpan.Zero;

    /// <summary>After how long without a settlement everybody may leave.</summary>
    public TimeSpan ExitDelay { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The least stake of a member, in base units.</summary>
    public required TokenAmount StakeMin { get; init; }

    /// <summary>The fewest members of a committee that can settle.</summary>
    public ulong CommitteeMin { get; init; } = 3;

    /// <summary>The struct <c>Terms</c>.</summary>
    public object ToAbi() =>
        new[]
        {
            Seconds(EpochLength),
            Seconds(UnbondingDelay),
            Seconds(WithdrawalDelay),
            Seconds(ExitDelay),
            ContractValues.Of(StakeMin),
            ContractValues.Of(CommitteeMin),
        };

    private static object Seconds(TimeSpan span) => ContractValues.Of((ulong)span.TotalSeconds);
}
