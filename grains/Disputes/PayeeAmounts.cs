using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Lists of who gets how much, served in their order.</summary>
internal static class PayeeAmounts
{
    public static TokenAmount Sum(ImmutableArray<PayeeAmount> payees) =>
        payees.Aggregate(TokenAmount.Zero, (sum, payee) => sum + payee.Amount);

    /// <returns>What is paid of them by <paramref name="money"/>, and what of them is left unpaid.</returns>
    public static (ImmutableArray<PayeeAmount> Paid, ImmutableArray<PayeeAmount> Unpaid) Split(
        ImmutableArray<PayeeAmount> payees,
        TokenAmount money
    )
    {
        var (paid, unpaid) = (ImmutableArray.CreateBuilder<PayeeAmount>(), ImmutableArray.CreateBuilder<PayeeAmount>());
        foreach (var (payee, amount) in payees)
        {
            var part = TokenAmount.Min(money, amount);
            money -= part;
            Add(paid, payee, part);
            Add(unpaid, payee, amount - part);
        }
        return (paid.ToImmutable(), unpaid.ToImmutable());

        static void Add(ImmutableArray<PayeeAmount>.Builder list, AccountId payee, TokenAmount amount)
        {
            if (!amount.IsZero)
            {
                list.Add(new PayeeAmount(payee, amount));
            }
        }
    }
}
