namespace Marketplace.Crypto;

/// <summary>
/// A product of lines' values: two at a time, whose product has no more coefficients than a half of all and is cheaper to multiply into the
/// rest than each of them alone.
/// </summary>
internal struct BlsLineProduct
{
    private Fp12 _product;
    private BlsLine _waiting;
    private bool _waits;
    private bool _begun;

    public void Square()
    {
        Flush();
        if (_begun)
        {
            Fp12.Square(in _product, out _product);
        }
    }

    public void Multiply(in BlsLine line, in BlsAffinePoint<Fp> place)
    {
        line.At(in place, out var value);
        if (!_waits)
        {
            _waiting = value;
            _waits = true;
            return;
        }
        _waits = false;
        BlsLine.Multiply(in _waiting, in value, out var lines);
        if (_begun)
        {
            Fp12.MultiplyByLines(in _product, in lines, out _product);
        }
        else
        {
            _product = lines;
            _begun = true;
        }
    }

    public void Take(out Fp12 product)
    {
        Flush();
        product = _begun ? _product : Fp12.One;
    }

    private void Flush()
    {
        if (!_waits)
        {
            return;
        }
        _waits = false;
        var product = _begun ? _product : Fp12.One;
        Fp12.MultiplyByLine(in product, in _waiting, out _product);
        _begun = true;
    }
}
