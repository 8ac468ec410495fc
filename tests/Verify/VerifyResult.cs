namespace Marketplace.Verify;

/// <param name="Line">What is printed as one JSON line.</param>
/// <param name="Found">Every violation, in words.</param>
public sealed record VerifyResult(object Line, IReadOnlyList<string> Found);
