namespace Marketplace.Receipts;

/// <summary>
/// What stands in a receipt's file where the job did not run, because the receipt of an earlier one has answered it. The market then
/// signs the hash of this struct in the place of the receipt's.
/// </summary>
public sealed record ReceiptReuse
{
    internal const string Type = "Reuse(Receipt receipt,bytes32 earlier,uint16 percent)";

    private const int WordCount = 4;
    private const int Whole = 100;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(
        Type
            + Execution.Type
            + NamedContent.Type
            + Invocation.Type
            + Receipt.Type
            + RunResult.Type
            + Seat.Type
            + PaidShare.Type
            + NamedValue.Type
    );

    /// <summary>How much of the earlier price is paid, from 0 to 100.</summary>
    public required ushort Percent { get; init; }

    /// <summary>The file of the earlier receipt, which has no reuse.</summary>
    public required ReceiptFile Earlier { get; init; }

    /// <summary>
    /// What an answer costs: the percentage of what so many of the earlier seats cost as the later job would have needed at least, rounded
    /// up once, and at most the limit.
    /// </summary>
    /// <param name="price">The earlier price.</param>
    /// <param name="percent">How much of it is paid.</param>
    /// <param name="seats">The earlier seats.</param>
    /// <param name="asked">What the later job asks for.</param>
    /// <param name="limit">The most that it may cost.</param>
    /// <exception cref="OverflowException">The percentage is over 100, and the price nearly the greatest.</exception>
    public static TokenAmount Price(TokenAmount price, int percent, int seats, Assurance asked, TokenAmount limit)
    {
        var needed = Math.Min(asked.Agreeing, seats);
        return TokenAmount.Min(limit, price.MultiplyDivideRoundingUp((UInt128)(percent * needed), (UInt128)(Whole * seats)));
    }

    /// <summary>The hash of the struct by EIP-712: the id of the later job's receipt.</summary>
    /// <param name="receipt">The later job's.</param>
    public Bytes32 Hash(Receipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        var words = new TypedWords(stackalloc byte[WordCount * Bytes32.Size], TypeHash);
        words.Add(receipt.Hash());
        words.Add(Earlier.Receipt.Hash());
        words.Add((UInt128)Percent);
        return words.Hash();
    }
}
