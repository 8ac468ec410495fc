using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Ledger;

/// <summary>One account, as the load knows it.</summary>
internal sealed class LedgerClient(AccountId id)
{
    public AccountId Id { get; } = id;
    public List<Caller> Keys { get; } = [];
    public List<LedgerHold> Open { get; } = [];
    public List<LedgerFund> Funds { get; } = [];
    public int Undated { get; set; }
}

/// <summary>A hold that is not for a job.</summary>
internal sealed record LedgerFund(HoldId Hold, TokenAmount Amount, DateTimeOffset At, Caller Caller);

/// <summary>A hold for a job.</summary>
internal sealed record LedgerHold(JobId Job, TokenAmount Amount, DateTimeOffset HeldAt, Caller Caller)
{
    public JobSettlement EndedFor(AccountId payer, AccountId payee, TokenAmount charge) =>
        new(Job: Job, Payer: payer, Payee: payee, Charge: charge, HeldAt: HeldAt, Status: JobStatus.Completed);
}
