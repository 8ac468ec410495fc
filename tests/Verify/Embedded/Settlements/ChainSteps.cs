namespace Marketplace.Verify.Settlements;

/// <summary>What the silo asks its chain; each is a step when it is asked and another one when it is answered.</summary>
internal static class ChainSteps
{
    public const string Asked = "asked";
    public const string Answered = "answered";

    public const string Head = "head";
    public const string Block = "block";
    public const string Events = "events";
    public const string Balances = "balances";
    public const string Books = "books";
    public const string Weights = "weights";
    public const string Nonce = "nonce";
    public const string Fee = "fee";
    public const string Send = "send";
    public const string Inclusion = "inclusion";

    public static IReadOnlyList<string> All { get; } =
    [
        .. ((string[])[Head, Block, Events, Balances, Books, Weights, Nonce, Fee, Send, Inclusion]).SelectMany(name =>
            (string[])[$"{name} {Asked}", $"{name} {Answered}"]
        ),
    ];
}
