// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A token that behaves as it is told, well or badly
contract VerifyToken {
    error NotAllowed(address owner, address spender);
    error Insufficient(address owner, uint256 balance, uint256 amount);
    error Blacklisted(address account);

    uint256 private constant PLAIN = 0;
    uint256 private constant ANSWERS_FALSE = 1;
    uint256 private constant MOVES_NOTHING = 2;
    uint256 private constant TAKES_FEE = 3;

    /// @notice One of the above.
    uint256 public manner;

    /// @notice How often a call back succeeded.
    uint256 public hits;

    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    mapping(address account => bool) public isBlacklisted;

    address private _target;
    bytes private _data;

    function setManner(uint256 next) external {
        manner = next;
    }

    function setBlacklisted(address account, bool isListed) external {
        isBlacklisted[account] = isListed;
    }

    /// @notice The next transfer makes this call in its middle.
    function arm(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount, false);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount, true);
    }

    function balancesOf(address[] calldata accounts) external view returns (uint256[] memory balances) {
        balances = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; i++) {
            balances[i] = balanceOf[accounts[i]];
        }
    }

    function _move(address from, address to, uint256 amount, bool isAllowed) private returns (bool) {
        if (manner == ANSWERS_FALSE || manner == MOVES_NOTHING) {
            return manner == MOVES_NOTHING;
        }
        require(!isBlacklisted[from], Blacklisted(from));
        require(!isBlacklisted[to], Blacklisted(to));
        if (isAllowed) {
            require(allowance[from][msg.sender] >= amount, NotAllowed(from, msg.sender));
        }
        require(balanceOf[from] >= amount, Insufficient(from, balanceOf[from], amount));
        balanceOf[from] -= amount;
        balanceOf[to] += manner == TAKES_FEE ? amount - (amount + 99) / 100 : amount;
        address target = _target;
        if (target != address(0)) {
            _target = address(0);
            (bool isDone,) = target.call(_data);
            hits += isDone ? 1 : 0;
        }
        return true;
    }
}
