import { useCart } from '../lib/cart';
import { EmptyCart } from '../components/EmptyCart';
import { CartLines } from '../components/CartLines';
import { Notice } from '../components/Notice';

export default function CartPage() {
  const { lines, notice, total } = useCart();
  if (lines.length === 0) return <EmptyCart />;
  return (
    <main className="cart">
      {notice && <Notice kind={notice.kind}>{notice.text}</Notice>}
      <CartLines lines={lines} />
      <footer>
        <strong>{total}</strong>
        <a className="button" href="/checkout">
          To checkout
        </a>
      </footer>
    </main>
  );
}
