namespace Marketplace;

/// <summary>An error answer, <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Type">A URN of the code.</param>
/// <param name="Title">The code in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">From the closed list.</param>
/// <param name="Detail">What was seen, what is allowed, what to do.</param>
public sealed record Problem(string Type, string Title, int Status, ErrorCode Code, string Detail);
